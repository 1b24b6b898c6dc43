package heddle.server.transfer;

import heddle.protocol.MailboxName;
import heddle.server.spool.SpooledMessage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A tree of Maildir folders: the tree itself is one, and each directory below that has {@code cur} or {@code new} is one
 * too, called as in {@link FolderName Maildir++} or by its path. A file is a message: its flags follow {@code :2,} in its
 * name, its date is that of its last modification.
 */
final class Maildir {
    private static final int DEEPEST = 50;

    private final Importer importer;
    private final Progress progress;
    private final TreeMap<String, Folder> folders = new TreeMap<>();
    private long bytes;
    private long read;
    private long messages;

    private Maildir(Importer importer, Progress progress) {
        this.importer = importer;
        this.progress = progress;
    }

    private record Folder(Path directory, List<Message> messages) {}

    private record Message(Path file, long size, OffsetDateTime date) {
        private String name() {
            return file.getFileName().toString();
        }

        /** Names begin with the second of delivery. */
        private long second() {
            String digits = name().replaceFirst("\\D.*", "");
            return digits.isEmpty() || digits.length() > 18 ? 0 : Long.parseLong(digits);
        }

        /** In ASCII letters, as every program writes them; a few write another separator where no colon may be. */
        private String letters() {
            int info = Math.max(name().lastIndexOf(":2,"), name().lastIndexOf(";2,"));
            return info < 0 ? "" : name().substring(info + 3);
        }
    }

    /**
     * Adds all messages of the tree.
     *
     * @param top where the messages of the tree itself go, the other folders being below it; null: to INBOX, and the others
     *     beside it
     * @throws IOException in words for people, when there is no Maildir, or a folder's name cannot be that of a mailbox
     */
    static void read(Path tree, @Nullable MailboxName top, Importer importer, Progress progress) throws IOException {
        var maildir = new Maildir(importer, progress);
        maildir.find(tree);
        if (maildir.folders.isEmpty()) {
            throw new IOException(tree + " is not a Maildir: there is no cur and no new in it");
        }
        for (var folder : maildir.folders.entrySet()) {
            importer.into(mailbox(folder.getKey(), folder.getValue(), top));
            maildir.read(folder.getValue());
        }
        importer.flush();
    }

    private static MailboxName mailbox(String name, Folder folder, @Nullable MailboxName top) throws IOException {
        String base = top == null ? "" : top.value();
        String separator = base.isEmpty() || name.isEmpty() ? "" : "/";
        try {
            return base.isEmpty() && name.isEmpty() ? MailboxName.INBOX : new MailboxName(base + separator + name);
        } catch (IllegalArgumentException refused) {
            throw new IOException(
                    "the folder " + folder.directory + " cannot be a mailbox: " + refused.getMessage(), refused);
        }
    }

    private void find(Path tree) throws IOException {
        Files.walkFileTree(tree, java.util.Set.of(), DEEPEST, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                String name = String.valueOf(directory.getFileName());
                if (!directory.equals(tree) && (name.equals("cur") || name.equals("new") || name.equals("tmp"))) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                if (Files.isDirectory(directory.resolve("cur")) || Files.isDirectory(directory.resolve("new"))) {
                    var folder = new Folder(directory, messages(directory));
                    folders.put(name(tree.relativize(directory)), folder);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static String name(Path relative) {
        var levels = new ArrayList<String>();
        for (Path level : relative) {
            String name = level.toString();
            if (!name.isEmpty()) {
                levels.add(name.startsWith(".") && name.length() > 1 ? FolderName.read(name) : name);
            }
        }
        return String.join("/", levels);
    }

    private List<Message> messages(Path directory) throws IOException {
        var all = new ArrayList<Message>();
        for (String place : List.of("cur", "new")) {
            Path from = directory.resolve(place);
            if (Files.isDirectory(from)) {
                try (Stream<Path> files = Files.list(from)) {
                    for (Path file : (Iterable<Path>) files::iterator) {
                        var attributes = Files.readAttributes(file, BasicFileAttributes.class);
                        if (attributes.isRegularFile()
                                && !file.getFileName().toString().startsWith(".")) {
                            all.add(new Message(
                                    file,
                                    attributes.size(),
                                    attributes.lastModifiedTime().toInstant().atOffset(ZoneOffset.UTC)));
                            bytes += attributes.size();
                        }
                    }
                }
            }
        }
        all.sort(Comparator.comparingLong(Message::second).thenComparing(Message::name));
        return all;
    }

    private void read(Folder folder) throws IOException {
        FlagLetters letters = FlagLetters.read(folder.directory);
        for (Message message : folder.messages) {
            SpooledMessage spooled = importer.newMessage();
            try (OutputStream mail = new LineEnds.ToMail(spooled)) {
                Files.copy(message.file, mail);
            }
            importer.add(spooled, letters.flags(message.letters()), message.date);
            read += message.size;
            progress.report(++messages, (double) read / Math.max(1, bytes));
        }
    }
}
