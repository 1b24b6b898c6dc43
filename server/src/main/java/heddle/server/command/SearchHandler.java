package heddle.server.command;

import heddle.protocol.Extension;
import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.Numbering;
import heddle.protocol.ObjectId;
import heddle.protocol.SearchKey;
import heddle.protocol.SearchReturn;
import heddle.protocol.SearchReturns;
import heddle.protocol.SequenceSet;
import heddle.protocol.Tag;
import heddle.protocol.UidSet;
import heddle.protocol.command.SearchCommand;
import heddle.protocol.response.EsearchResponse;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.response.SearchResponse;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.server.session.SelectedMailbox;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.MailboxId;
import heddle.storage.Search;
import heddle.storage.Snapshot;
import heddle.storage.Storage;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * SEARCH and UID SEARCH (RFC 3501 §6.4.4, RFC 4731, RFC 5032, RFC 7162 §3.1.5, RFC 8514, RFC 8474, RFC 5182, RFC 9394, RFC 9585).
 * Flags, UIDs and logic are operations on sets; only what
 * sets do not tell is asked of storage, and only for the messages that are still in question.
 */
final class SearchHandler {
    /** A year has four digits (RFC 3501 §9): the first day that can be written, and the day after the last. */
    private static final LocalDate FIRST_DAY = LocalDate.of(0, 1, 1);

    private static final LocalDate AFTER_LAST_DAY = LocalDate.of(10000, 1, 1);

    /** Messages that are looked into before they are counted as done; several batches of storage, which reads ahead. */
    private static final int PART = 4096;

    private static final Map<String, Search.Field> FIELDS = Map.of(
            "subject", Search.Field.SUBJECT,
            "from", Search.Field.FROM,
            "to", Search.Field.TO,
            "cc", Search.Field.CC,
            "bcc", Search.Field.BCC);

    private final Storage storage;
    private final Progress.Clock progress;
    private final int mostModSeqKeys;

    /** @param mostModSeqKeys of one command: each visits every message of the mailbox */
    SearchHandler(Storage storage, Progress.Clock progress, int mostModSeqKeys) {
        this.storage = storage;
        this.progress = progress;
        this.mostModSeqKeys = mostModSeqKeys;
    }

    Done search(Tag tag, SearchCommand command, Session session, State.Selected state) throws IOException {
        SelectedMailbox mailbox = state.mailbox();
        if (command.charset() != null && session.enabled().utf8Only()) {
            throw new SyntaxException("with UTF8=ACCEPT all strings are UTF-8");
        }
        if (command.key().asksForModSeq()) {
            session.enable(Extension.CONDSTORE);
        }
        @Nullable SearchReturns returns = returns(command, session);
        boolean isSaved = returns != null && returns.contains(SearchReturn.SAVE);
        Program program;
        UidSet found;
        try (var running = progress.of(session, tag)) {
            program = new Program(mailbox, command.key(), running);
            found = program.matches(command.key(), mailbox.view());
        } catch (SyntaxException bad) {
            throw bad; // leaves what is saved as it is (RFC 5182 §2.1)
        } catch (RuntimeException no) {
            if (isSaved) {
                mailbox.save(UidSet.EMPTY);
            }
            throw no;
        }
        UidSet chosen = returns == null ? found : returns.chosen(found);
        if (isSaved) {
            mailbox.save(chosen);
        }
        ModSeq highest = program.highestModSeq(command.key(), chosen);
        UidSet told = command.numbering() == Numbering.UID ? found : mailbox.numbers(found);
        if (returns == null) {
            new SearchResponse(told, highest).writeTo(session.out());
        } else if (returns.isTold()) {
            new EsearchResponse(tag, command.numbering(), returns, told, highest).writeTo(session.out());
        }
        if (highest != null) {
            mailbox.modSeqsShown(program.snapshot);
            mailbox.tellIfBehind(session.out());
        }
        return Done.of(state, "SEARCH completed");
    }

    /** {@return what to tell; null: by a SEARCH response, of which IMAP4rev2 knows nothing (RFC 9051 §6.4.4)} */
    private static @Nullable SearchReturns returns(SearchCommand command, Session session) {
        return command.returns() == null && session.enabled().rev2() ? SearchReturns.ALL : command.returns();
    }

    /** One search, on the mailbox as this session sees it. */
    private final class Program {
        private final SelectedMailbox mailbox;
        private final Snapshot snapshot;
        private final MailboxId id;
        private final Search stored = storage.search();
        private final Progress progress;
        private final boolean hasGoal;

        Program(SelectedMailbox mailbox, SearchKey key, Progress progress) {
            this.mailbox = mailbox;
            this.progress = progress;
            if (count(key, SearchKey.Changed.class) > mostModSeqKeys) {
                throw new RefusedException(Word.LIMIT, "too many MODSEQ keys");
            }
            // Only of one time can it be said how much there is to do.
            hasGoal = count(key, SearchKey.Body.class) + count(key, SearchKey.Text.class) == 1;
            snapshot = key.asksForModSeq() ? mailbox.snapshotWithModSeqs() : mailbox.snapshot();
            id = mailbox.id();
        }

        /** {@return the highest modseq of these messages; null when it was not asked for} */
        @Nullable
        ModSeq highestModSeq(SearchKey key, UidSet chosen) {
            if (chosen.isEmpty() || !key.asksForModSeq()) {
                return null;
            }
            long highest = snapshot.modSeqs().highest(chosen);
            return highest == 0 ? mailbox.highestModSeq() : new ModSeq(highest);
        }

        /** {@return those of {@code among} that match} */
        UidSet matches(SearchKey key, UidSet among) throws IOException {
            if (among.isEmpty() && !(key instanceof SearchKey.UnknownCharset)) {
                return among;
            }
            return switch (key) {
                case SearchKey.All() -> among;
                case SearchKey.And(List<SearchKey> keys) -> all(keys, among);
                case SearchKey.Or(SearchKey left, SearchKey right) -> {
                    UidSet first = matches(left, among);
                    yield first.or(matches(right, among.andNot(first)));
                }
                case SearchKey.Not(SearchKey not) -> among.andNot(matches(not, among));
                case SearchKey.HasFlag(var flag) -> withFlag(flag, among);
                case SearchKey.Recent() -> among.and(mailbox.recent());
                case SearchKey.Changed(ModSeq atLeast) ->
                    among.and(snapshot.modSeqs()
                            .since(new ModSeq(Math.max(0, atLeast.value() - 1)))
                            .uids());
                case SearchKey.SequenceNumbers(SequenceSet numbers) ->
                    among.and(mailbox.resolve(Numbering.SEQUENCE, numbers));
                case SearchKey.Uids(SequenceSet uids) ->
                    mailbox.resolve(Numbering.UID, uids).and(among);
                case SearchKey.InternalDate(var when, LocalDate date) ->
                    stored.byInternalDate(id, among, from(when, date), until(when, date));
                case SearchKey.SentDate(var when, LocalDate date) ->
                    stored.bySentDate(id, among, from(when, date), until(when, date));
                case SearchKey.UnknownCharset(List<String> supported) ->
                    throw new RefusedException(new ResponseCode.BadCharset(supported), "unknown charset");
                case SearchKey.SaveDate(var when, LocalDate date) ->
                    stored.bySaveDate(id, among, from(when, date), until(when, date));
                case SearchKey.SameObject(ObjectId.Kind kind, String wire) ->
                    ObjectId.parse(kind, wire)
                            .map(object -> byObject(object, among))
                            .orElse(UidSet.EMPTY);
                case SearchKey.Larger(long octets) -> stored.bySize(id, among, octets, Long.MAX_VALUE);
                case SearchKey.Smaller(long octets) -> stored.bySize(id, among, -1, octets);
                case SearchKey.Younger(long seconds) ->
                    stored.younger(id, among, Instant.now().minusSeconds(seconds));
                case SearchKey.Older(long seconds) ->
                    among.andNot(stored.younger(id, among, Instant.now().minusSeconds(seconds)));
                case SearchKey.Header(String field, String text) -> header(field, text, among);
                case SearchKey.Body(String text) -> scan(among, part -> stored.byBody(id, part, text));
                case SearchKey.Text(String text) -> scan(among, part -> stored.byText(id, part, text));
            };
        }

        /** Of messages that are gone already, and the client was not told of, the kept rows tell. */
        private UidSet withFlag(Flag flag, UidSet among) {
            UidSet there = among.and(snapshot.with(flag));
            UidSet gone = among.andNot(snapshot.uids());
            return gone.isEmpty() ? there : there.or(stored.byFlag(id, gone, flag, snapshot.keywords()));
        }

        /** Looks into messages part by part, so that it can be told how many are done. */
        private UidSet scan(UidSet among, Scan scan) throws IOException {
            if (hasGoal) {
                progress.goal(among.size());
            }
            var found = new ArrayList<UidSet>();
            UidSet rest = among;
            while (!rest.isEmpty()) {
                UidSet part = rest.between(1, rest.select(Math.min(PART, rest.size())));
                rest = rest.andNot(part);
                found.add(scan.of(part));
                if (hasGoal) {
                    progress.done(part.size());
                }
            }
            return UidSet.union(found);
        }

        private UidSet byObject(ObjectId object, UidSet among) {
            return switch (object.kind()) {
                case MAILBOX -> UidSet.EMPTY;
                case EMAIL -> stored.byContent(id, among, object.number());
                case THREAD -> stored.byThread(id, among, object.number());
            };
        }

        /** What is cheap comes first, so that what is dear has less to look at. */
        private UidSet all(List<SearchKey> keys, UidSet among) throws IOException {
            UidSet rest = among;
            for (SearchKey key : keys.stream()
                    .sorted(Comparator.comparingInt(SearchHandler::cost))
                    .toList()) {
                rest = matches(key, rest);
            }
            return rest;
        }

        private UidSet header(String field, String text, UidSet among) throws IOException {
            Search.Field known = FIELDS.get(field.toLowerCase(Locale.ROOT));
            return known != null && !text.isBlank()
                    ? stored.byField(id, among, known, text)
                    : stored.byHeader(id, among, field, text);
        }
    }

    /** Looks into the texts of messages. */
    @FunctionalInterface
    private interface Scan {
        /** {@return those that match} */
        UidSet of(UidSet messages) throws IOException;
    }

    /** {@return how many keys of this kind there are} */
    private static int count(SearchKey key, Class<? extends SearchKey> kind) {
        return switch (key) {
            case SearchKey.Not(SearchKey not) -> count(not, kind);
            case SearchKey.Or(SearchKey left, SearchKey right) -> count(left, kind) + count(right, kind);
            case SearchKey.And(List<SearchKey> keys) ->
                keys.stream().mapToInt(each -> count(each, kind)).sum();
            case SearchKey _ -> kind.isInstance(key) ? 1 : 0;
        };
    }

    private static int cost(SearchKey key) {
        return switch (key) {
            case SearchKey.All _,
                    SearchKey.HasFlag _,
                    SearchKey.Recent _,
                    SearchKey.UnknownCharset _,
                    SearchKey.Changed _,
                    SearchKey.SequenceNumbers _,
                    SearchKey.Uids _ -> 0;
            case SearchKey.InternalDate _,
                    SearchKey.SaveDate _,
                    SearchKey.SameObject _,
                    SearchKey.Larger _,
                    SearchKey.Smaller _,
                    SearchKey.Younger _,
                    SearchKey.Older _ -> 1;
            case SearchKey.SentDate _, SearchKey.Header _ -> 2;
            case SearchKey.Body _, SearchKey.Text _ -> 3;
            case SearchKey.Not(SearchKey not) -> cost(not);
            case SearchKey.Or(SearchKey left, SearchKey right) -> Math.max(cost(left), cost(right));
            case SearchKey.And(List<SearchKey> keys) ->
                keys.stream().mapToInt(SearchHandler::cost).max().orElse(0);
        };
    }

    private static LocalDate from(SearchKey.When when, LocalDate date) {
        return when == SearchKey.When.BEFORE ? FIRST_DAY : date;
    }

    private static LocalDate until(SearchKey.When when, LocalDate date) {
        return switch (when) {
            case BEFORE -> date;
            case ON -> date.plusDays(1);
            case SINCE -> AFTER_LAST_DAY;
        };
    }
}
