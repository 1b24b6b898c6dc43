package heddle.protocol.command;

import static heddle.protocol.FetchItem.Attribute.BODY;
import static heddle.protocol.FetchItem.Attribute.BODYSTRUCTURE;
import static heddle.protocol.FetchItem.Attribute.EMAILID;
import static heddle.protocol.FetchItem.Attribute.ENVELOPE;
import static heddle.protocol.FetchItem.Attribute.FLAGS;
import static heddle.protocol.FetchItem.Attribute.INTERNALDATE;
import static heddle.protocol.FetchItem.Attribute.PREVIEW;
import static heddle.protocol.FetchItem.Attribute.RFC822;
import static heddle.protocol.FetchItem.Attribute.RFC822_HEADER;
import static heddle.protocol.FetchItem.Attribute.RFC822_SIZE;
import static heddle.protocol.FetchItem.Attribute.RFC822_TEXT;
import static heddle.protocol.FetchItem.Attribute.SAVEDATE;
import static heddle.protocol.FetchItem.Attribute.THREADID;
import static heddle.protocol.FetchItem.Attribute.UID;
import static heddle.protocol.FetchItem.Reading.PEEK;
import static heddle.protocol.FetchItem.Reading.SETS_SEEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import heddle.protocol.Capability;
import heddle.protocol.Event;
import heddle.protocol.FetchItem;
import heddle.protocol.Flag;
import heddle.protocol.Flag.Keyword;
import heddle.protocol.Flag.Standard;
import heddle.protocol.GivenName;
import heddle.protocol.MailboxName;
import heddle.protocol.ModSeq;
import heddle.protocol.Numbering;
import heddle.protocol.ObjectId;
import heddle.protocol.Partial;
import heddle.protocol.PartialRange;
import heddle.protocol.SearchKey;
import heddle.protocol.SearchKey.When;
import heddle.protocol.SearchReturn;
import heddle.protocol.SearchReturns;
import heddle.protocol.Section;
import heddle.protocol.Section.Kind;
import heddle.protocol.SequenceSet;
import heddle.protocol.SequenceSet.Range;
import heddle.protocol.SpecialUse;
import heddle.protocol.StatusItem;
import heddle.protocol.Tag;
import heddle.protocol.UidSet;
import heddle.protocol.UidValidity;
import heddle.protocol.command.FetchModifiers.Gone;
import heddle.protocol.command.ListCommand.Return;
import heddle.protocol.command.ListCommand.Selection;
import heddle.protocol.command.ListCommand.Syntax;
import heddle.protocol.command.NotifyCommand.Now;
import heddle.protocol.command.SelectCommand.Access;
import heddle.protocol.command.StoreCommand.Answer;
import heddle.protocol.command.StoreCommand.Change;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.TestClient;
import heddle.protocol.wire.WireLimits;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandReaderTest {
    private static final SequenceSet ONE = set(1, 1);
    private static final SequenceSet TWO_TO_FOUR = set(2, 4);
    private static final MailboxName WORK = new MailboxName("Work");

    private static final Set<Event> MESSAGES_AND_FLAGS =
            Set.of(Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE, Event.FLAG_CHANGE);

    private static SequenceSet set(long from, long to) {
        return new SequenceSet(List.of(new Range(from, to)));
    }

    private static CommandReader reads(InputStream stream) {
        return new CommandReader(new WireReader(stream, WireLimits.AUTHENTICATED, () -> {}));
    }

    private static GivenName given(MailboxName name) {
        return new GivenName(name, name.value());
    }

    private static SelectCommand select(SelectParameter... parameters) {
        return new SelectCommand(given(MailboxName.INBOX), Access.READ_WRITE, List.of(parameters));
    }

    private static UidSet uids(long... uids) {
        var set = new UidSet.Builder();
        for (long uid : uids) {
            set.add(uid);
        }
        return set.build();
    }

    private static Command fetch(FetchItem... items) {
        return new FetchCommand(Numbering.SEQUENCE, ONE, List.of(items), FetchModifiers.NONE);
    }

    private static FetchItem section(FetchItem.Reading reading, List<Long> part, Kind kind, String... fields) {
        return new FetchItem.BodySection(new Section(part, kind, List.of(fields)), null, reading);
    }

    private static Command notify(Now now, EventGroup... groups) {
        return new NotifyCommand(now, List.of(groups));
    }

    private static EventGroup group(MailboxFilter mailboxes, Event... events) {
        return new EventGroup(mailboxes, Set.of(events), List.of());
    }

    private static Command search(SearchKey key) {
        return search(null, key);
    }

    private static Command search(@Nullable String charset, SearchKey key) {
        return new SearchCommand(Numbering.SEQUENCE, null, charset, key);
    }

    private static SearchKey not(SearchKey key) {
        return new SearchKey.Not(key);
    }

    private static SearchKey has(Flag flag) {
        return new SearchKey.HasFlag(flag);
    }

    private static Command list(String reference, String pattern) {
        return new ListCommand(Syntax.BASIC, Set.of(), reference, List.of(pattern), Set.of(), Set.of());
    }

    private static Command extended(Set<Selection> selection, List<String> patterns, Set<Return> returns) {
        return new ListCommand(Syntax.EXTENDED, selection, "", patterns, returns, Set.of());
    }

    static Stream<Arguments> commands() {
        return Stream.of(
                // RFC 3501 §6.1
                arguments("CAPABILITY", new CapabilityCommand()),
                arguments("nOOp", new NoopCommand()),
                arguments("LOGOUT", new LogoutCommand()),
                arguments("ID NIL", new IdCommand(Map.of())),
                arguments("ID ()", new IdCommand(Map.of())),
                arguments(
                        "ID (\"name\" \"mutt\" \"os\" NIL \"version\" {1+}\r\n2)",
                        new IdCommand(Map.of("name", "mutt", "version", "2"))),
                // §6.2
                arguments("STARTTLS", new StartTlsCommand()),
                arguments("AUTHENTICATE plain", new AuthenticateCommand("PLAIN", null)),
                arguments("AUTHENTICATE PLAIN =", new AuthenticateCommand("PLAIN", new byte[0])),
                arguments("AUTHENTICATE PLAIN AGEAYg==", new AuthenticateCommand("PLAIN", new byte[] {0, 97, 0, 98})),
                arguments("LOGIN ann secret", new LoginCommand("ann", "secret")),
                arguments("LOGIN \"ann b\" {8}\r\nse\"\\cre)", new LoginCommand("ann b", "se\"\\cre)")),
                arguments("LOGIN {3+}\r\nann {0+}\r\n", new LoginCommand("ann", "")),
                // §6.3
                arguments(
                        "SELECT inbox",
                        new SelectCommand(new GivenName(MailboxName.INBOX, "inbox"), Access.READ_WRITE, List.of())),
                arguments("EXAMINE Work", new SelectCommand(given(WORK), Access.READ_ONLY, List.of())),
                arguments("SELECT b&w", new SelectCommand(null, Access.READ_WRITE, List.of())),
                arguments(
                        "SELECT Work (condstore)",
                        new SelectCommand(given(WORK), Access.READ_WRITE, List.of(new SelectParameter.Condstore()))),
                arguments(
                        "SELECT INBOX (QRESYNC (67890007 9006))",
                        select(new SelectParameter.Qresync(new UidValidity(67890007), new ModSeq(9006), null, null))),
                arguments(
                        "SELECT INBOX (CONDSTORE QRESYNC (7 9 541,41:43,7:5))",
                        select(
                                new SelectParameter.Condstore(),
                                new SelectParameter.Qresync(
                                        new UidValidity(7), new ModSeq(9), uids(5, 6, 7, 41, 42, 43, 541), null))),
                arguments(
                        "SELECT INBOX (QRESYNC (7 9 1:3 (1:2 2,3)))",
                        select(new SelectParameter.Qresync(
                                new UidValidity(7),
                                new ModSeq(9),
                                uids(1, 2, 3),
                                new SelectParameter.Matches(uids(1, 2), uids(2, 3))))),
                arguments(
                        "SELECT INBOX (QRESYNC (7 9 (1 2)))",
                        select(new SelectParameter.Qresync(
                                new UidValidity(7),
                                new ModSeq(9),
                                null,
                                new SelectParameter.Matches(uids(1), uids(2))))),
                arguments("CREATE Work", new CreateCommand(given(WORK), Set.of())),
                arguments("CREATE Work/", new CreateCommand(given(WORK), Set.of())),
                arguments(
                        "CREATE Work (USE (\\Drafts \\sent))",
                        new CreateCommand(given(WORK), Set.of(SpecialUse.DRAFTS, SpecialUse.SENT))),
                arguments("CREATE Work (USE ())", new CreateCommand(given(WORK), Set.of())),
                arguments("DELETE Work", new DeleteCommand(given(WORK))),
                arguments("RENAME Work \"My Work\"", new RenameCommand(given(WORK), given(new MailboxName("My Work")))),
                arguments("NOTIFY NONE", new NotifyCommand(Now.NOTHING, List.of())),
                arguments("notify set (Selected NONE)", notify(Now.NOTHING, group(MailboxFilter.Selected.IMMEDIATE))),
                arguments(
                        "NOTIFY SET STATUS (selected-delayed (MessageNew (UID BODY.PEEK[HEADER.FIELDS (FROM)] PREVIEW (LAZY))"
                                + " MessageExpunge FlagChange)) (personal (MAILBOXNAME subscriptionchange))",
                        notify(
                                Now.STATUS,
                                new EventGroup(
                                        MailboxFilter.Selected.DELAYED,
                                        MESSAGES_AND_FLAGS,
                                        List.of(UID, section(PEEK, List.of(), Kind.HEADER_FIELDS, "FROM"), PREVIEW)),
                                group(MailboxFilter.Common.PERSONAL, Event.MAILBOX_NAME, Event.SUBSCRIPTION_CHANGE))),
                arguments(
                        "NOTIFY SET (inboxes NONE) (subscribed NONE) (subtree Work NONE)"
                                + " (subtree (inbox Work) NONE) (mailboxes (Work b&w Work) (MessageExpunge MessageNew))",
                        notify(
                                Now.NOTHING,
                                group(MailboxFilter.Common.INBOXES),
                                group(MailboxFilter.Common.SUBSCRIBED),
                                group(new MailboxFilter.Subtree(Set.of(WORK))),
                                group(new MailboxFilter.Subtree(Set.of(MailboxName.INBOX, WORK))),
                                group(
                                        new MailboxFilter.Mailboxes(Set.of(WORK)),
                                        Event.MESSAGE_NEW,
                                        Event.MESSAGE_EXPUNGE))),
                arguments("SUBSCRIBE Work", new SubscribeCommand(WORK)),
                arguments("UNSUBSCRIBE Work", new UnsubscribeCommand(WORK)),
                arguments("LIST \"\" \"\"", list("", "")),
                arguments("LIST \"\" *", list("", "*")),
                arguments("LIST Work/ %", list("Work/", "%")),
                arguments("LIST \"\" \"&APw-%\"", list("", "ü%")),
                arguments("LIST (SUBSCRIBED) \"\" *", extended(Set.of(Selection.SUBSCRIBED), List.of("*"), Set.of())),
                arguments("LIST () \"\" *", extended(Set.of(), List.of("*"), Set.of())),
                arguments(
                        "LIST (RECURSIVEMATCH REMOTE SUBSCRIBED SPECIAL-USE) \"\" *",
                        extended(Set.of(Selection.values()), List.of("*"), Set.of())),
                arguments("LIST \"\" (INBOX \"Work/*\")", extended(Set.of(), List.of("INBOX", "Work/*"), Set.of())),
                arguments(
                        "LIST \"\" % RETURN (CHILDREN SUBSCRIBED SPECIAL-USE)",
                        extended(Set.of(), List.of("%"), Set.of(Return.values()))),
                arguments("LIST \"\" % RETURN ()", extended(Set.of(), List.of("%"), Set.of())),
                arguments(
                        "LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN) CHILDREN)",
                        new ListCommand(
                                Syntax.EXTENDED,
                                Set.of(),
                                "",
                                List.of("%"),
                                Set.of(Return.CHILDREN),
                                Set.of(StatusItem.MESSAGES, StatusItem.UNSEEN))),
                arguments("LSUB \"\" *", new LsubCommand("", "*")),
                arguments(
                        "STATUS Work (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN deleted SIZE appendlimit HIGHESTMODSEQ "
                                + "mailboxid)",
                        new StatusCommand(WORK, Set.of(StatusItem.values()))),
                arguments("NAMESPACE", new NamespaceCommand()),
                arguments(
                        "ENABLE condstore X-FOO",
                        new EnableCommand(List.of(new Capability("CONDSTORE"), new Capability("X-FOO")))),
                arguments("IDLE", new IdleCommand()),
                // §6.4
                arguments("CHECK", new CheckCommand()),
                arguments("CLOSE", new CloseCommand()),
                arguments("UNSELECT", new UnselectCommand()),
                arguments("EXPUNGE", new ExpungeCommand(null)),
                arguments("UID EXPUNGE 2:4", new ExpungeCommand(TWO_TO_FOUR)),
                arguments("COPY 2:4 Work", new CopyCommand(Numbering.SEQUENCE, TWO_TO_FOUR, WORK)),
                arguments("UID COPY 2:4 Work", new CopyCommand(Numbering.UID, TWO_TO_FOUR, WORK)),
                arguments("MOVE 2:4 Work", new MoveCommand(Numbering.SEQUENCE, TWO_TO_FOUR, WORK)),
                arguments("uid move 2:4 Work", new MoveCommand(Numbering.UID, TWO_TO_FOUR, WORK)),
                arguments(
                        "STORE 1 FLAGS (\\Deleted)",
                        new StoreCommand(
                                Numbering.SEQUENCE, ONE, null, Change.REPLACE, Answer.FLAGS, Set.of(Standard.DELETED))),
                arguments(
                        "STORE 1 +flags.silent \\Deleted $Junk",
                        new StoreCommand(
                                Numbering.SEQUENCE,
                                ONE,
                                null,
                                Change.ADD,
                                Answer.SILENT,
                                Set.of(Standard.DELETED, new Keyword("$Junk")))),
                arguments(
                        "UID STORE 1 -FLAGS ()",
                        new StoreCommand(Numbering.UID, ONE, null, Change.REMOVE, Answer.FLAGS, Set.of())),
                arguments(
                        "UID STORE 1 (unchangedsince 0) FLAGS.SILENT ()",
                        new StoreCommand(Numbering.UID, ONE, new ModSeq(0), Change.REPLACE, Answer.SILENT, Set.of())));
    }

    static Stream<Arguments> fetches() {
        return Stream.of(
                arguments("FETCH 1 ALL", fetch(FLAGS, INTERNALDATE, RFC822_SIZE, ENVELOPE)),
                arguments("FETCH 1 fast", fetch(FLAGS, INTERNALDATE, RFC822_SIZE)),
                arguments("FETCH 1 FULL", fetch(FLAGS, INTERNALDATE, RFC822_SIZE, ENVELOPE, BODY)),
                arguments("FETCH 1 FLAGS", fetch(FLAGS)),
                arguments("FETCH 1 (SAVEDATE EMAILID THREADID)", fetch(SAVEDATE, EMAILID, THREADID)),
                arguments(
                        "UID FETCH 2:4 (FLAGS) (PARTIAL 5:2)",
                        new FetchCommand(
                                Numbering.UID,
                                TWO_TO_FOUR,
                                List.of(FLAGS),
                                new FetchModifiers(null, new PartialRange(5, 2), Gone.LEFT_OUT))),
                arguments("FETCH 1 PREVIEW", fetch(PREVIEW)),
                arguments("FETCH 1 PREVIEW (LAZY)", fetch(PREVIEW)),
                arguments("FETCH 1 (FLAGS PREVIEW (LAZY) BODY)", fetch(FLAGS, PREVIEW, BODY)),
                arguments(
                        "FETCH 1 PREVIEW (CHANGEDSINCE 7)",
                        new FetchCommand(
                                Numbering.SEQUENCE,
                                ONE,
                                List.of(PREVIEW),
                                new FetchModifiers(new ModSeq(7), null, Gone.LEFT_OUT))),
                arguments(
                        "FETCH 1 PREVIEW (LAZY) (CHANGEDSINCE 7)",
                        new FetchCommand(
                                Numbering.SEQUENCE,
                                ONE,
                                List.of(PREVIEW),
                                new FetchModifiers(new ModSeq(7), null, Gone.LEFT_OUT))),
                arguments(
                        "FETCH 1 (UID RFC822 RFC822.HEADER RFC822.TEXT BODY BODYSTRUCTURE)",
                        fetch(UID, RFC822, RFC822_HEADER, RFC822_TEXT, BODY, BODYSTRUCTURE)),
                arguments(
                        "UID FETCH 2:4 (FLAGS)",
                        new FetchCommand(Numbering.UID, TWO_TO_FOUR, List.of(FLAGS), FetchModifiers.NONE)),
                arguments(
                        "UID FETCH 2:4 (FLAGS) (CHANGEDSINCE 12345)",
                        new FetchCommand(
                                Numbering.UID,
                                TWO_TO_FOUR,
                                List.of(FLAGS),
                                new FetchModifiers(new ModSeq(12345), null, Gone.LEFT_OUT))),
                arguments(
                        "UID FETCH 2:4 (FLAGS) (VANISHED CHANGEDSINCE 12345)",
                        new FetchCommand(
                                Numbering.UID,
                                TWO_TO_FOUR,
                                List.of(FLAGS),
                                new FetchModifiers(new ModSeq(12345), null, Gone.TOLD))),
                arguments("FETCH 1 BODY[]", fetch(section(SETS_SEEN, List.of(), Kind.WHOLE))),
                arguments("FETCH 1 body.peek[]", fetch(section(PEEK, List.of(), Kind.WHOLE))),
                arguments("FETCH 1 BODY[HEADER]", fetch(section(SETS_SEEN, List.of(), Kind.HEADER))),
                arguments("FETCH 1 BODY[text]", fetch(section(SETS_SEEN, List.of(), Kind.TEXT))),
                arguments("FETCH 1 BODY[1]", fetch(section(SETS_SEEN, List.of(1L), Kind.WHOLE))),
                arguments("FETCH 1 BODY[4.2.1]", fetch(section(SETS_SEEN, List.of(4L, 2L, 1L), Kind.WHOLE))),
                arguments("FETCH 1 BODY[4.2.MIME]", fetch(section(SETS_SEEN, List.of(4L, 2L), Kind.MIME))),
                arguments("FETCH 1 BODY[3.HEADER]", fetch(section(SETS_SEEN, List.of(3L), Kind.HEADER))),
                arguments("FETCH 1 BODY[3.TEXT]", fetch(section(SETS_SEEN, List.of(3L), Kind.TEXT))),
                arguments(
                        "FETCH 1 (BODY.PEEK[HEADER.FIELDS (Date \"From\")] FLAGS)",
                        fetch(section(PEEK, List.of(), Kind.HEADER_FIELDS, "Date", "From"), FLAGS)),
                arguments(
                        "FETCH 1 BODY[3.HEADER.FIELDS.NOT (Received)]",
                        fetch(section(SETS_SEEN, List.of(3L), Kind.HEADER_FIELDS_NOT, "Received"))),
                arguments(
                        "FETCH 1 BODY[]<0.2048>",
                        fetch(new FetchItem.BodySection(Section.WHOLE, new Partial(0, 2048), SETS_SEEN))),
                arguments(
                        "FETCH 1 (BODY.PEEK[1]<7.1> UID)",
                        fetch(
                                new FetchItem.BodySection(Section.of(List.of(1L), Kind.WHOLE), new Partial(7, 1), PEEK),
                                UID)),
                arguments("FETCH 1 BINARY[1.2]", fetch(new FetchItem.Binary(List.of(1L, 2L), null, SETS_SEEN))),
                arguments(
                        "FETCH 1 BINARY.PEEK[]<5.6>", fetch(new FetchItem.Binary(List.of(), new Partial(5, 6), PEEK))),
                arguments("FETCH 1 BINARY.SIZE[3]", fetch(new FetchItem.BinarySize(List.of(3L)))));
    }

    static Stream<Arguments> searches() {
        LocalDate date = LocalDate.of(1994, 2, 1);
        return Stream.of(
                arguments("SEARCH ALL", search(new SearchKey.All())),
                arguments("SEARCH answered", search(has(Standard.ANSWERED))),
                arguments("SEARCH UNANSWERED", search(not(has(Standard.ANSWERED)))),
                arguments("SEARCH DELETED", search(has(Standard.DELETED))),
                arguments("SEARCH UNDELETED", search(not(has(Standard.DELETED)))),
                arguments("SEARCH DRAFT", search(has(Standard.DRAFT))),
                arguments("SEARCH UNDRAFT", search(not(has(Standard.DRAFT)))),
                arguments("SEARCH FLAGGED", search(has(Standard.FLAGGED))),
                arguments("SEARCH UNFLAGGED", search(not(has(Standard.FLAGGED)))),
                arguments("SEARCH SEEN", search(has(Standard.SEEN))),
                arguments("SEARCH UNSEEN", search(not(has(Standard.SEEN)))),
                arguments("SEARCH KEYWORD $Junk", search(has(new Keyword("$Junk")))),
                arguments("SEARCH UNKEYWORD $Junk", search(not(has(new Keyword("$Junk"))))),
                arguments("SEARCH RECENT", search(new SearchKey.Recent())),
                arguments("SEARCH OLD", search(not(new SearchKey.Recent()))),
                arguments(
                        "SEARCH NEW",
                        search(new SearchKey.And(List.of(new SearchKey.Recent(), not(has(Standard.SEEN)))))),
                arguments("SEARCH BEFORE 1-Feb-1994", search(new SearchKey.InternalDate(When.BEFORE, date))),
                arguments("SEARCH ON \"1-Feb-1994\"", search(new SearchKey.InternalDate(When.ON, date))),
                arguments("SEARCH SINCE 1-Feb-1994", search(new SearchKey.InternalDate(When.SINCE, date))),
                arguments("SEARCH SENTBEFORE 1-Feb-1994", search(new SearchKey.SentDate(When.BEFORE, date))),
                arguments("SEARCH SENTON 1-Feb-1994", search(new SearchKey.SentDate(When.ON, date))),
                arguments("SEARCH SENTSINCE 1-Feb-1994", search(new SearchKey.SentDate(When.SINCE, date))),
                arguments("SEARCH BCC x", search(new SearchKey.Header("Bcc", "x"))),
                arguments("SEARCH CC x", search(new SearchKey.Header("Cc", "x"))),
                arguments("SEARCH FROM \"Smith\"", search(new SearchKey.Header("From", "Smith"))),
                arguments("SEARCH SUBJECT {3+}\r\na b", search(new SearchKey.Header("Subject", "a b"))),
                arguments("SEARCH TO x", search(new SearchKey.Header("To", "x"))),
                arguments("SEARCH HEADER Message-ID \"\"", search(new SearchKey.Header("Message-ID", ""))),
                arguments("SEARCH BODY x", search(new SearchKey.Body("x"))),
                arguments("SEARCH TEXT x", search(new SearchKey.Text("x"))),
                arguments("SEARCH LARGER 1000", search(new SearchKey.Larger(1000))),
                arguments("SEARCH SMALLER 5000000000", search(new SearchKey.Smaller(5_000_000_000L))),
                arguments("SEARCH YOUNGER 259200", search(new SearchKey.Younger(259_200))),
                arguments("SEARCH OLDER 1", search(new SearchKey.Older(1))),
                arguments("SEARCH 2:4", search(new SearchKey.SequenceNumbers(TWO_TO_FOUR))),
                arguments(
                        "SEARCH *",
                        search(new SearchKey.SequenceNumbers(set(SequenceSet.LARGEST, SequenceSet.LARGEST)))),
                arguments("SEARCH SAVEDBEFORE 1-Feb-1994", search(new SearchKey.SaveDate(When.BEFORE, date))),
                arguments("SEARCH SAVEDON 1-Feb-1994", search(new SearchKey.SaveDate(When.ON, date))),
                arguments("SEARCH SAVEDSINCE \"1-Feb-1994\"", search(new SearchKey.SaveDate(When.SINCE, date))),
                arguments("SEARCH SAVEDATESUPPORTED", search(new SearchKey.All())),
                arguments("SEARCH EMAILID M6d9", search(new SearchKey.SameObject(ObjectId.Kind.EMAIL, "M6d9"))),
                arguments("SEARCH THREADID T1", search(new SearchKey.SameObject(ObjectId.Kind.THREAD, "T1"))),
                arguments("SEARCH MODSEQ 620162338", search(new SearchKey.Changed(new ModSeq(620162338)))),
                arguments(
                        "SEARCH MODSEQ \"/flags/\\\\draft\" all 620162338",
                        search(new SearchKey.Changed(new ModSeq(620162338)))),
                arguments("SEARCH UID 2:4", search(new SearchKey.Uids(TWO_TO_FOUR))),
                arguments("SEARCH NOT NOT ALL", search(not(not(new SearchKey.All())))),
                arguments(
                        "SEARCH OR SEEN OR ALL 1",
                        search(new SearchKey.Or(
                                has(Standard.SEEN),
                                new SearchKey.Or(new SearchKey.All(), new SearchKey.SequenceNumbers(ONE))))),
                arguments(
                        "SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
                        search(new SearchKey.And(List.of(
                                has(Standard.FLAGGED),
                                new SearchKey.InternalDate(When.SINCE, date),
                                not(new SearchKey.Header("From", "Smith")))))),
                arguments(
                        "SEARCH (SEEN (ALL)) 1",
                        search(new SearchKey.And(List.of(
                                new SearchKey.And(List.of(has(Standard.SEEN), new SearchKey.All())),
                                new SearchKey.SequenceNumbers(ONE))))),
                arguments("SEARCH CHARSET us-ascii BODY x", search("us-ascii", new SearchKey.Body("x"))),
                arguments("SEARCH CHARSET UTF-8 BODY {2}\r\n\u00c3\u00a9", search("UTF-8", new SearchKey.Body("é"))),
                arguments(
                        "SEARCH CHARSET \"ISO-8859-1\" BODY {1}\r\n\u00e9",
                        search("ISO-8859-1", new SearchKey.Body("é"))),
                arguments(
                        "SEARCH CHARSET ISO-8859-15 BODY {1}\r\n\u00a4",
                        search("ISO-8859-15", new SearchKey.Body("€"))),
                arguments("SEARCH BODY {2}\r\n\u00c3\u00a9", search(new SearchKey.Body("é"))),
                arguments(
                        "UID SEARCH RETURN (MIN count) CHARSET UTF-8 SEEN",
                        new SearchCommand(
                                Numbering.UID,
                                new SearchReturns(Set.of(SearchReturn.MIN, SearchReturn.COUNT), null),
                                "UTF-8",
                                has(Standard.SEEN))),
                arguments(
                        "SEARCH RETURN (SAVE PARTIAL -1:-100) $",
                        new SearchCommand(
                                Numbering.SEQUENCE,
                                new SearchReturns(Set.of(SearchReturn.SAVE), new PartialRange(-1, -100)),
                                null,
                                new SearchKey.SequenceNumbers(SequenceSet.SAVED))),
                arguments(
                        "SEARCH RETURN () 1",
                        new SearchCommand(
                                Numbering.SEQUENCE, SearchReturns.ALL, null, new SearchKey.SequenceNumbers(ONE))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"commands", "fetches", "searches"})
    void readsACommand(String line, Command command) throws IOException {
        CommandReader commands = reads(TestClient.sends("a1 " + line + "\r\na2 NOOP\r\n"));
        assertThat(commands.await()).isTrue();
        assertThat(commands.tag()).isEqualTo(new Tag("a1"));
        assertThat(commands.command()).isEqualTo(command);
        commands.skipRest();
        assertThat(commands.tag()).isEqualTo(new Tag("a2"));
        assertThat(commands.command()).isEqualTo(new NoopCommand());
        assertThat(commands.await()).isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"commands", "fetches", "searches"})
    void readsTheSameOneOctetAtATime(String line, Command command) throws IOException {
        CommandReader commands = reads(TestClient.dribbles("a1 " + line + "\r\n"));
        assertThat(commands.await()).isTrue();
        commands.tag();
        assertThat(commands.command()).isEqualTo(command);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " NOOP",
                "NOOP ",
                "NOOP x",
                "CHECK 1",
                "LOGIN ann",
                "LOGIN  ann secret",
                "LOGIN ann secret x",
                "LOGIN ann NIL x",
                "AUTHENTICATE",
                "AUTHENTICATE PLAIN x",
                "AUTHENTICATE PLAIN =x",
                "AUTHENTICATE PLAIN ==",
                "SELECT",
                "SELECT a b",
                "SELECT (a)",
                "SELECT INBOX ()",
                "SELECT INBOX (QRESYNC)",
                "SELECT INBOX (QRESYNC ())",
                "SELECT INBOX (QRESYNC (0 1))",
                "SELECT INBOX (QRESYNC (1 x))",
                "SELECT INBOX (QRESYNC (1 1 *))",
                "SELECT INBOX (QRESYNC (1 1 1:*))",
                "SELECT INBOX (QRESYNC (1 1 1 (1)))",
                "SELECT INBOX (QRESYNC (1 1 1 (1 1) 1))",
                "SELECT INBOX (FOO)",
                "SELECT INBOX CONDSTORE",
                "CREATE a (USE)",
                "CREATE a ()",
                "CREATE a (USE (Drafts))",
                "CREATE a (FOO (x))",
                "RENAME a",
                "LIST \"\"",
                "LIST (RECURSIVEMATCH) \"\" *",
                "LIST (REMOTE RECURSIVEMATCH) \"\" *",
                "LIST (FOO) \"\" *",
                "LIST \"\" ()",
                "LIST \"\" * RETURN",
                "LIST \"\" * RETURN (FOO)",
                "LIST \"\" * RETURN (STATUS)",
                "LIST \"\" * RETURN (STATUS ())",
                "LIST \"\" * FOO (CHILDREN)",
                "NOTIFY",
                "NOTIFY FOO",
                "NOTIFY NONE (personal NONE)",
                "NOTIFY SET",
                "NOTIFY SET STATUS",
                "NOTIFY SET FOO (personal NONE)",
                "NOTIFY SET personal NONE",
                "NOTIFY SET ()",
                "NOTIFY SET (personal)",
                "NOTIFY SET (personal ())",
                "NOTIFY SET (personal FOO)",
                "NOTIFY SET (personal MailboxName)",
                "NOTIFY SET (foo NONE)",
                "NOTIFY SET (subtree NONE)",
                "NOTIFY SET (mailboxes () NONE)",
                "NOTIFY SET (personal (MessageNew))",
                "NOTIFY SET (personal (MessageExpunge))",
                "NOTIFY SET (personal (FlagChange))",
                "NOTIFY SET (personal (FlagChange MessageNew))",
                "NOTIFY SET (personal (MessageNew (UID) MessageExpunge))",
                "NOTIFY SET (selected (MessageNew () MessageExpunge))",
                "NOTIFY SET (selected (MessageNew (UID) (UID) MessageExpunge))",
                "NOTIFY SET (selected (MessageNew MessageExpunge (UID)))",
                "NOTIFY SET (selected (MailboxName))",
                "NOTIFY SET (selected-delayed (MessageNew MessageExpunge SubscriptionChange))",
                "NOTIFY SET (selected NONE) (selected-delayed NONE)",
                "NOTIFY SET (selected (MessageNew (uid) MessageExpunge)) ",
                "NOTIFY SET (selected MessageNew (uid) MessageExpunge)",
                "STATUS a",
                "STATUS a ()",
                "STATUS a MESSAGES",
                "STATUS a (FOO)",
                "APPEND a",
                "APPEND a x",
                "APPEND a (\\Seen)",
                "APPEND a \"x\" {1+}\r\nx",
                "ENABLE",
                "ID",
                "ID x",
                "ID (name x)",
                "ID (\"name\")",
                "UID",
                "UID NOOP",
                "UID EXPUNGE",
                "EXPUNGE 1",
                "COPY 1",
                "COPY 0 a",
                "STORE 1 FLAGS",
                "STORE 1 () FLAGS (x)",
                "STORE 1 (UNCHANGEDSINCE) FLAGS (x)",
                "STORE 1 (UNCHANGEDSINCE 9223372036854775808) FLAGS (x)",
                "STORE 1 (FOO 1) FLAGS (x)",
                "STORE 1 FLAGS (\\Foo)",
                "STORE 1 FLAGS \"x\"",
                "STORE 1 *FLAGS (x)",
                "STORE 1 +FLAGS.LOUD (x)",
                "FETCH 1",
                "FETCH 1 ()",
                "FETCH 1 (ALL)",
                "FETCH 1 FOO",
                "FETCH 1 FLAGS (PARTIAL 1:2)",
                "UID FETCH 1 FLAGS (PARTIAL)",
                "UID FETCH 1 FLAGS (PARTIAL 0:1)",
                "UID FETCH 1 FLAGS (PARTIAL 1:*)",
                "UID FETCH 1 FLAGS (PARTIAL 1:-2)",
                "UID FETCH 1 FLAGS (PARTIAL -1:2)",
                "UID FETCH 1 FLAGS (PARTIAL 1)",
                "UID FETCH 1 FLAGS (PARTIAL 1:4294967296)",
                "SEARCH RETURN (PARTIAL 1:2 ALL) ALL",
                "SEARCH RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL",
                "REPLACE 1 a",
                "REPLACE 1:2 a {1+}\r\nx",
                "REPLACE $ a {1+}\r\nx",
                "FETCH $,1 FLAGS",
                "FETCH 1 PREVIEW (SOON)",
                "FETCH 1 PREVIEW ()",
                "FETCH 1 (PREVIEW ())",
                "FETCH 1 (FLAGS (LAZY))",
                "FETCH 1 FLAGS ()",
                "FETCH 1 FLAGS (CHANGEDSINCE)",
                "FETCH 1 FLAGS (FOO)",
                "FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)",
                "UID FETCH 1 FLAGS (VANISHED)",
                "FETCH 1 (FLAGS  UID)",
                "FETCH 1 (FLAGS",
                "FETCH 1 BODY[",
                "FETCH 1 BODY[0]",
                "FETCH 1 BODY[1.]",
                "FETCH 1 BODY[1.0]",
                "FETCH 1 BODY[MIME]",
                "FETCH 1 BODY[FOO]",
                "FETCH 1 BODY[1.HEADER.1]",
                "FETCH 1 BODY[HEADER.FIELDS]",
                "FETCH 1 BODY[HEADER.FIELDS ()]",
                "FETCH 1 BODY[HEADER (From)]",
                "FETCH 1 BODY[HEADER.FIELDS (\"\u00e9\")]",
                "FETCH 1 BODY[]<0>",
                "FETCH 1 BODY[]<0.0>",
                "FETCH 1 BODY[]<-1.5>",
                "FETCH 1 BODY.PEEK",
                "FETCH 1 BINARY",
                "FETCH 1 BINARY[HEADER]",
                "FETCH 1 BINARY.SIZE[1]<0.1>",
                "SEARCH",
                "SEARCH FOO",
                "SEARCH ()",
                "SEARCH NOT",
                "SEARCH OR ALL",
                "SEARCH (ALL",
                "SEARCH ALL)",
                "SEARCH ALL ",
                "SEARCH KEYWORD \\Seen",
                "SEARCH KEYWORD \"x\"",
                "SEARCH ON 1-Foo-1994",
                "SEARCH YOUNGER 0",
                "SEARCH LARGER x",
                "SEARCH RETURN (FOO) ALL",
                "SEARCH RETURN ALL",
                "SEARCH CHARSET UTF-8",
                "SEARCH CHARSET UTF-8 BODY {1}\r\n\u00e9",
                "SEARCH ALL CHARSET UTF-8",
                "DONE"
            })
    void refusesABrokenCommandAndFindsTheNext(String line) throws IOException {
        CommandReader commands = reads(TestClient.sends("a1 " + line + "\r\na2 NOOP\r\n"));
        commands.tag();
        assertThatThrownBy(commands::command).isInstanceOf(SyntaxException.class);
        commands.skipRest();
        assertThat(commands.tag()).isEqualTo(new Tag("a2"));
        assertThat(commands.command()).isEqualTo(new NoopCommand());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "+ NOOP", "(a NOOP", "\"a\" NOOP", "\u00e9 NOOP"})
    void refusesALineWithoutATag(String line) throws IOException {
        CommandReader commands = reads(TestClient.sends(line + "\r\na2 NOOP\r\n"));
        assertThatThrownBy(commands::tag).isInstanceOf(SyntaxException.class);
        commands.skipRest();
        assertThat(commands.tag()).isEqualTo(new Tag("a2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"FOO", "UID FOO", "XLIST \"\" *"})
    void tellsAnUnknownCommandFromABrokenOne(String line) throws IOException {
        CommandReader commands = reads(TestClient.sends("a1 " + line + "\r\n"));
        commands.tag();
        assertThatThrownBy(commands::command).isInstanceOf(UnknownCommandException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"CHARSET KOI8-R BODY {1+}\r\nx", "SEEN BODY \"\u00e9\"", "OR BODY {1+}\r\n\u00e9 SEEN"})
    void saysWhichCharsetsThereAre(String program) throws IOException {
        CommandReader commands = reads(TestClient.sends("a1 SEARCH " + program + "\r\na2 NOOP\r\n"));
        commands.tag();
        assertThat(commands.command()).isInstanceOfSatisfying(SearchCommand.class, search -> assertThat(search.key())
                .isInstanceOfSatisfying(SearchKey.UnknownCharset.class, key -> assertThat(key.supported())
                        .startsWith("US-ASCII", "UTF-8", "ISO-8859-1")
                        .contains("ISO-8859-15")));
        commands.skipRest();
        assertThat(commands.tag()).isEqualTo(new Tag("a2"));
    }

    @Test
    void refusesAnUnknownSpecialUse() throws IOException {
        CommandReader commands = reads(TestClient.sends("a1 CREATE a (USE (\\Foo))\r\n"));
        commands.tag();
        assertThatThrownBy(commands::command)
                .isInstanceOfSatisfying(RefusedException.class, refused -> assertThat(refused.code())
                        .isEqualTo(ResponseCode.Word.USEATTR));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(personal (AnnotationChange))",
                "(personal (MailboxMetadataChange))",
                "(inboxes (MessageNew MessageExpunge)) (personal (ServerMetadataChange))",
                "(selected (MessageNew MessageExpunge x-event))"
            })
    void saysWhichEventsThereAre(String groups) throws IOException {
        CommandReader commands = reads(TestClient.sends("a1 NOTIFY SET " + groups + "\r\na2 NOOP\r\n"));
        commands.tag();
        assertThatThrownBy(commands::command)
                .isInstanceOfSatisfying(RefusedException.class, refused -> assertThat(refused.code())
                        .isEqualTo(new ResponseCode.BadEvent(List.of(Event.values()))));
        commands.skipRest();
        assertThat(commands.tag()).isEqualTo(new Tag("a2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "NOT ", "OR ALL ", "NOT ("})
    void refusesSearchKeysThatAreNestedTooDeep(String opening) throws IOException {
        CommandReader commands = reads(TestClient.sends("a1 SEARCH " + opening.repeat(5_000) + "\r\na2 NOOP\r\n"));
        commands.tag();
        assertThatThrownBy(commands::command).isInstanceOf(RefusedException.class);
        commands.skipRest();
        assertThat(commands.tag()).isEqualTo(new Tag("a2"));
    }

    @Test
    void readsSaslResponses() throws IOException {
        CommandReader commands = reads(TestClient.sends("AGEAYg==\r\n\r\n*\r\nx\r\na2 NOOP\r\n"));
        assertThat(commands.saslResponse())
                .hasValueSatisfying(octets -> assertThat(octets).containsExactly(0, 97, 0, 98));
        assertThat(commands.saslResponse())
                .hasValueSatisfying(octets -> assertThat(octets).isEmpty());
        assertThat(commands.saslResponse()).isEqualTo(Optional.empty());
        assertThatThrownBy(commands::saslResponse).isInstanceOf(SyntaxException.class);
        commands.skipRest();
        assertThat(commands.tag()).isEqualTo(new Tag("a2"));
    }

    @Test
    void readsTheEndOfIdle() throws IOException {
        CommandReader commands = reads(TestClient.sends("done\r\nDONE x\r\na1 NOOP\r\na2 NOOP\r\n"));
        commands.idleDone();
        assertThatThrownBy(commands::idleDone).isInstanceOf(SyntaxException.class);
        commands.skipRest();
        assertThatThrownBy(commands::idleDone).isInstanceOf(SyntaxException.class);
        commands.skipRest();
        assertThat(commands.tag()).isEqualTo(new Tag("a2"));
    }

    @Test
    void hidesSecrets() {
        assertThat(new LoginCommand("ann", "secret")).asString().contains("ann").doesNotContain("secret");
        assertThat(new AuthenticateCommand("PLAIN", "secret".getBytes(StandardCharsets.US_ASCII)))
                .asString()
                .isEqualTo("AuthenticateCommand[mechanism=PLAIN]");
    }
}
