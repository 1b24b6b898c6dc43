package heddle.server.transfer;

import heddle.protocol.Flag;
import heddle.protocol.Flag.Keyword;
import heddle.protocol.Flag.Standard;
import heddle.protocol.UidSet;
import heddle.storage.Account;
import heddle.storage.Mailbox;
import heddle.storage.MessageRow;
import heddle.storage.Snapshot;
import heddle.storage.Storage;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes all mail of an account into a tree of Maildir++ folders: flags in the file names, internal dates as times of
 * modification, CRLF as LF. What delivery put before a message comes with it.
 */
public final class MailExport {
    private static final int BATCH = 200;

    private final Storage storage;
    private final Progress progress;
    private final long total;
    private final long second = System.currentTimeMillis() / 1000;
    private long written;

    private MailExport(Storage storage, Progress progress, long total) {
        this.storage = storage;
        this.progress = progress;
        this.total = total;
    }

    /**
     * Exports an account.
     *
     * @param tree a directory that is empty or does not exist
     * @return how many messages there were
     * @throws IOException in words for people, when the directory is in use or cannot be written
     */
    public static long run(Storage storage, Account account, Path tree, Progress progress) throws IOException {
        Files.createDirectories(tree);
        try (Stream<Path> files = Files.list(tree)) {
            if (files.findAny().isPresent()) {
                throw new IOException(tree + " is not empty");
            }
        }
        List<Mailbox> mailboxes = storage.mailboxes().list(account.id());
        long total = mailboxes.stream()
                .mapToLong(mailbox -> mailbox.counters().messages())
                .sum();
        var export = new MailExport(storage, progress, total);
        for (Mailbox mailbox : mailboxes) {
            export.write(mailbox, tree.resolve(FolderName.of(mailbox.name())));
        }
        return export.written;
    }

    private void write(Mailbox mailbox, Path folder) throws IOException {
        for (String place : List.of("cur", "new", "tmp")) {
            Files.createDirectories(folder.resolve(place));
        }
        Snapshot snapshot = storage.snapshots().at(mailbox.id(), mailbox.highestModSeq());
        var letters = new FlagLetters(snapshot.keywords());
        letters.write(folder);
        UidSet left = snapshot.uids();
        while (!left.isEmpty()) {
            UidSet batch = left.between(left.first(), left.select(Math.min(BATCH, left.size())));
            for (MessageRow row : storage.fetches().read(mailbox.id(), batch, Set.of())) {
                write(mailbox, row, folder, letters.letters(flags(snapshot, row.uid())));
                progress.report(++written, (double) written / Math.max(1, total));
            }
            left = left.andNot(batch);
        }
    }

    private static Set<Flag> flags(Snapshot snapshot, long uid) {
        var flags = new HashSet<Flag>();
        for (Standard flag : Standard.values()) {
            if (snapshot.with(flag).contains(uid)) {
                flags.add(flag);
            }
        }
        List<Keyword> keywords = snapshot.keywords();
        for (int number = 0; number < keywords.size(); number++) {
            if (snapshot.withKeyword(number).contains(uid)) {
                flags.add(keywords.get(number));
            }
        }
        return flags;
    }

    /** The names sort as the UIDs do, so that an import keeps the order. */
    private void write(Mailbox mailbox, MessageRow row, Path folder, String letters) throws IOException {
        Path file = folder.resolve("cur").resolve("%d.U%010d.heddle:2,%s".formatted(second, row.uid(), letters));
        long length = row.size() - row.trace().length;
        try (OutputStream out = new LineEnds.ToFile(new BufferedOutputStream(Files.newOutputStream(file)));
                InputStream body = storage.bodies().open(mailbox.id().account(), row.contentId(), 0, length)) {
            out.write(row.trace());
            body.transferTo(out);
        }
        Files.setLastModifiedTime(file, FileTime.from(row.internalDate()));
    }
}
