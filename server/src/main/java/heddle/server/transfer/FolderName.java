package heddle.server.transfer;

import heddle.protocol.MailboxName;
import heddle.protocol.wire.MailboxNameUtf7;
import heddle.protocol.wire.SyntaxException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * How the folders of a Maildir++ tree are called: {@code .Lists.heddle} is the mailbox {@code Lists/heddle}, in modified
 * UTF-7, and the tree itself is INBOX. A dot within a level is written {@value #DOT}, which stands for nothing else.
 */
final class FolderName {
    private static final String DOT = "&AC4-";

    private FolderName() {}

    /** {@return the directory of a mailbox below that of the tree; empty for INBOX} */
    static String of(MailboxName mailbox) {
        return mailbox.isInbox()
                ? ""
                : Arrays.stream(mailbox.value().split("/"))
                        .map(level -> MailboxNameUtf7.encode(level).replace(".", DOT))
                        .collect(Collectors.joining(".", ".", ""));
    }

    /** {@return the name of the mailbox that a directory below the tree's holds, such as {@code .Lists.heddle}} */
    static String read(String directory) {
        return Arrays.stream(directory.substring(1).split("\\."))
                .map(FolderName::level)
                .collect(Collectors.joining("/"));
    }

    private static String level(String written) {
        try {
            return Arrays.stream(written.split(DOT, -1))
                    .map(MailboxNameUtf7::decode)
                    .collect(Collectors.joining("."));
        } catch (SyntaxException notEncoded) {
            return written; // some programs write UTF-8
        }
    }
}
