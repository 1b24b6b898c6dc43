package heddle.protocol.command;

import heddle.protocol.Numbering;
import heddle.protocol.Tag;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.util.Optional;

/**
 * Reads the commands of a client, one after the other:
 *
 * <pre>{@code
 * while (commands.await()) {
 *     Tag tag = commands.tag();
 *     Command command = commands.command();
 *     // carry it out
 *     commands.skipRest(); // also after an exception
 * }
 * }</pre>
 *
 * What the methods throw is said at {@link WireReader}.
 */
public final class CommandReader {
    private final WireReader in;

    public CommandReader(WireReader in) {
        this.in = in;
    }

    /** Waits for a command. {@return false when the client has closed} */
    public boolean await() throws IOException {
        return in.awaitInput();
    }

    /** Reads the tag, with which a command begins. */
    public Tag tag() throws IOException {
        return in.tag();
    }

    /**
     * Reads the command that belongs to the tag, to the end of its line; an APPEND or REPLACE up to its first literal.
     *
     * @throws UnknownCommandException when it has no known name
     */
    public Command command() throws IOException {
        in.space();
        String name = name();
        Command command =
                switch (name) {
                    case "CAPABILITY" -> new CapabilityCommand();
                    case "NOOP" -> new NoopCommand();
                    case "LOGOUT" -> new LogoutCommand();
                    case "ID" -> IdCommand.read(in);
                    case "STARTTLS" -> new StartTlsCommand();
                    case "AUTHENTICATE" -> AuthenticateCommand.read(in);
                    case "LOGIN" -> LoginCommand.read(in);
                    case "SELECT" -> SelectCommand.read(in, SelectCommand.Access.READ_WRITE);
                    case "EXAMINE" -> SelectCommand.read(in, SelectCommand.Access.READ_ONLY);
                    case "CREATE" -> CreateCommand.read(in);
                    case "DELETE" -> DeleteCommand.read(in);
                    case "RENAME" -> RenameCommand.read(in);
                    case "SUBSCRIBE" -> SubscribeCommand.read(in);
                    case "UNSUBSCRIBE" -> UnsubscribeCommand.read(in);
                    case "LIST" -> ListCommand.read(in);
                    case "LSUB" -> LsubCommand.read(in);
                    case "STATUS" -> StatusCommand.read(in);
                    case "APPEND" -> AppendCommand.read(in);
                    case "NAMESPACE" -> new NamespaceCommand();
                    case "ENABLE" -> EnableCommand.read(in);
                    case "COMPRESS" -> CompressCommand.read(in);
                    case "UNAUTHENTICATE" -> new UnauthenticateCommand();
                    case "IDLE" -> new IdleCommand();
                    case "NOTIFY" -> NotifyCommand.read(in);
                    case "CHECK" -> new CheckCommand();
                    case "CLOSE" -> new CloseCommand();
                    case "UNSELECT" -> new UnselectCommand();
                    case "EXPUNGE" -> new ExpungeCommand(null);
                    case "SEARCH" -> SearchCommand.read(in, Numbering.SEQUENCE);
                    case "FETCH" -> FetchCommand.read(in, Numbering.SEQUENCE);
                    case "STORE" -> StoreCommand.read(in, Numbering.SEQUENCE);
                    case "COPY" -> CopyCommand.read(in, Numbering.SEQUENCE);
                    case "MOVE" -> MoveCommand.read(in, Numbering.SEQUENCE);
                    case "REPLACE" -> ReplaceCommand.read(in, Numbering.SEQUENCE);
                    case "UID" -> uid();
                    default -> throw new UnknownCommandException("unknown command " + name);
                };
        switch (command) {
            case AppendCommand _, ReplaceCommand _, SearchCommand _ -> {
                // a literal comes first, or the end of the line was read
            }
            default -> in.crlf();
        }
        return command;
    }

    /** {@code uid = "UID" SP (copy / fetch / search / store)}, and EXPUNGE (RFC 4315), MOVE (RFC 6851), REPLACE. */
    private Command uid() throws IOException {
        in.space();
        String name = name();
        return switch (name) {
            case "EXPUNGE" -> ExpungeCommand.readUid(in);
            case "SEARCH" -> SearchCommand.read(in, Numbering.UID);
            case "FETCH" -> FetchCommand.read(in, Numbering.UID);
            case "STORE" -> StoreCommand.read(in, Numbering.UID);
            case "COPY" -> CopyCommand.read(in, Numbering.UID);
            case "MOVE" -> MoveCommand.read(in, Numbering.UID);
            case "REPLACE" -> ReplaceCommand.read(in, Numbering.UID);
            default -> throw new UnknownCommandException("unknown command UID " + name);
        };
    }

    private String name() throws IOException {
        String name = in.word();
        return name.length() <= 32 ? name : name.substring(0, 32);
    }

    /** Drops what has not been read of the command; none of it is read as the next one. */
    public void skipRest() throws IOException {
        in.skipRest();
    }

    /**
     * Reads the client's next answer of a SASL exchange (RFC 3501 §6.2.2).
     *
     * @return empty when the client gives up, by {@code *}
     */
    public Optional<byte[]> saslResponse() throws IOException {
        in.beginLine();
        if (in.take('*')) {
            in.crlf();
            return Optional.empty();
        }
        byte[] response = in.base64();
        in.crlf();
        return Optional.of(response);
    }

    /**
     * Waits for {@code DONE}, which ends IDLE (RFC 2177 §3).
     *
     * @throws SyntaxException when something else comes
     */
    public void idleDone() throws IOException {
        in.beginLine();
        if (!in.word().equals("DONE")) {
            throw new SyntaxException("DONE is expected");
        }
        in.crlf();
    }
}
