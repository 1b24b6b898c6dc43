package heddle.protocol.command;

import heddle.protocol.Numbering;

/** What a client asks (RFC 3501 §6), grouped by the states of the connection in which it may ask it. */
public sealed interface Command {
    /** Whether it names messages by their sequence numbers, or is answered by such numbers (RFC 9586). */
    default boolean usesSequenceNumbers() {
        return switch (this) {
            case SearchCommand search ->
                search.numbering() == Numbering.SEQUENCE || search.key().usesSequenceNumbers();
            case FetchCommand fetch -> fetch.numbering() == Numbering.SEQUENCE;
            case StoreCommand store -> store.numbering() == Numbering.SEQUENCE;
            case CopyCommand copy -> copy.numbering() == Numbering.SEQUENCE;
            case MoveCommand move -> move.numbering() == Numbering.SEQUENCE;
            case ReplaceCommand replace -> replace.numbering() == Numbering.SEQUENCE;
            case Command _ -> false;
        };
    }

    /** Allowed in every state (RFC 3501 §6.1). */
    sealed interface AnyState extends Command permits CapabilityCommand, NoopCommand, LogoutCommand, IdCommand {}

    /** Allowed before the client has logged in (RFC 3501 §6.2). */
    sealed interface NotAuthenticated extends Command permits StartTlsCommand, AuthenticateCommand, LoginCommand {}

    /** Allowed as soon as the client has logged in (RFC 3501 §6.3). */
    sealed interface Authenticated extends Command
            permits SelectCommand,
                    CreateCommand,
                    DeleteCommand,
                    RenameCommand,
                    SubscribeCommand,
                    UnsubscribeCommand,
                    ListCommand,
                    LsubCommand,
                    StatusCommand,
                    AppendCommand,
                    NamespaceCommand,
                    EnableCommand,
                    CompressCommand,
                    UnauthenticateCommand,
                    IdleCommand,
                    NotifyCommand {}

    /** Allowed while a mailbox is selected (RFC 3501 §6.4). */
    sealed interface Selected extends Command
            permits CheckCommand,
                    CloseCommand,
                    UnselectCommand,
                    ExpungeCommand,
                    SearchCommand,
                    FetchCommand,
                    StoreCommand,
                    CopyCommand,
                    MoveCommand,
                    ReplaceCommand {}
}
