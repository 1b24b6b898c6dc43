package heddle.server.command;

import heddle.protocol.GivenName;
import heddle.protocol.MailboxName;
import heddle.protocol.SpecialUse;
import heddle.protocol.command.ListCommand;
import heddle.protocol.command.ListCommand.Return;
import heddle.protocol.command.ListCommand.Selection;
import heddle.protocol.command.LsubCommand;
import heddle.protocol.response.ListResponse;
import heddle.protocol.response.ListResponse.Attribute;
import heddle.protocol.response.ListResponse.ChildInfo;
import heddle.protocol.response.ListResponse.Kind;
import heddle.server.session.Session;
import heddle.server.session.State;
import heddle.storage.AccountId;
import heddle.storage.Mailbox;
import heddle.storage.Mailboxes;
import heddle.storage.StorageException;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** LIST with all its options, and LSUB (RFC 3501 §6.3.8, §6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 9051 §6.3.9). */
final class ListHandler {
    private final Mailboxes mailboxes;
    private final StatusHandler status;
    private final int longestPatterns;

    /** @param longestPatterns characters that the patterns of a command may have together */
    ListHandler(Mailboxes mailboxes, StatusHandler status, int longestPatterns) {
        this.mailboxes = mailboxes;
        this.status = status;
        this.longestPatterns = longestPatterns;
    }

    /** A name that can be listed: there is a mailbox, or it is subscribed, or something lies below it. */
    private record Entry(MailboxName name, Optional<Mailbox> mailbox, boolean isSubscribed, boolean hasChildren) {
        boolean isSelected(Set<Selection> selection) {
            return (!selection.contains(Selection.SUBSCRIBED) || isSubscribed)
                    && (!selection.contains(Selection.SPECIAL_USE) || !uses().isEmpty());
        }

        Set<SpecialUse> uses() {
            return mailbox.map(Mailbox::uses).orElse(Set.of());
        }
    }

    Done list(ListCommand command, Session session, State.LoggedIn user) throws IOException {
        if (command.syntax() == ListCommand.Syntax.BASIC
                && command.patterns().getFirst().isEmpty()) {
            ListResponse.separator(Kind.LIST).writeTo(session.out());
            return Done.of(user, "LIST completed");
        }
        StatusHandler.enable(session, command.status());
        var pattern = new ListPattern(command.reference(), command.patterns(), longestPatterns);
        Set<Selection> selection = command.selection();
        boolean asksForSubscriptions =
                selection.contains(Selection.SUBSCRIBED) || command.returns().contains(Return.SUBSCRIBED);
        NavigableMap<String, Entry> entries = entries(user.account().id(), asksForSubscriptions);
        for (Entry entry : entries.values()) {
            if (!pattern.matches(entry.name)) {
                continue;
            }
            boolean isSelected = entry.isSelected(selection) && isListed(entry, selection);
            List<Entry> met =
                    selection.contains(Selection.RECURSIVEMATCH) ? metBelow(entries, entry, selection) : List.of();
            // A name that is there only for others which are all listed themselves says nothing (RFC 5258 §3.5).
            if (isSelected || met.stream().anyMatch(below -> !pattern.matches(below.name))) {
                Set<ChildInfo> childInfo = met.isEmpty() ? Set.of() : childInfo(selection);
                tell(command, session, entry, childInfo, asksForSubscriptions);
            }
            // There is no STATUS of a mailbox that is listed only for what lies below it (RFC 5819 §2).
            if (isSelected && entry.mailbox.isPresent() && !command.status().isEmpty()) {
                status.tell(session, user, entry.mailbox.get(), command.status());
            }
        }
        return Done.of(user, "LIST completed");
    }

    /** A name that is only subscribed is listed only when subscriptions are asked for. */
    private static boolean isListed(Entry entry, Set<Selection> selection) {
        return entry.mailbox.isPresent() || entry.hasChildren || selection.contains(Selection.SUBSCRIBED);
    }

    private void tell(
            ListCommand command, Session session, Entry entry, Set<ChildInfo> childInfo, boolean withSubscriptions)
            throws IOException {
        var attributes = EnumSet.of(entry.hasChildren ? Attribute.HASCHILDREN : Attribute.HASNOCHILDREN);
        if (entry.mailbox.isEmpty()) {
            boolean isExtended = command.syntax() == ListCommand.Syntax.EXTENDED
                    || session.enabled().rev2();
            attributes.add(isExtended ? Attribute.NONEXISTENT : Attribute.NOSELECT);
        }
        if (withSubscriptions && entry.isSubscribed) {
            attributes.add(Attribute.SUBSCRIBED);
        }
        new ListResponse(Kind.LIST, attributes, entry.uses(), entry.name, childInfo, null).writeTo(session.out());
    }

    /**
     * Tells of a mailbox unasked, as LIST would (RFC 9051 §6.3.2).
     *
     * @param oldName what the client calls it; null when that is its name
     */
    void tell(Session session, Mailbox mailbox, @Nullable String oldName) throws IOException {
        tell(session, mailbox.id().account(), mailbox.name(), Optional.of(mailbox), oldName);
    }

    /** Tells by which name a mailbox is kept that the client calls by another; IMAP4rev2 has a way to say it. */
    void tellAlias(Session session, State.LoggedIn user, GivenName mailbox) throws IOException {
        if (mailbox.alias().isPresent()) {
            tellOldName(session, user, mailbox.name(), mailbox.alias().get());
        }
    }

    /** Tells what a mailbox is called that had another name, or that nothing is called so any more (RFC 9051 §6.3.9.7). */
    void tellOldName(Session session, State.LoggedIn user, MailboxName name, String oldName) throws IOException {
        if (!session.enabled().rev2()) {
            return;
        }
        AccountId account = user.account().id();
        try {
            tell(session, account, name, mailboxes.find(account, name), oldName);
        } catch (StorageException away) {
            // What the command has done is done, and its answer is OK: what it is called, LIST will tell.
        }
    }

    private void tell(
            Session session, AccountId account, MailboxName name, Optional<Mailbox> mailbox, @Nullable String oldName)
            throws IOException {
        var attributes =
                EnumSet.of(mailboxes.hasChildren(account, name) ? Attribute.HASCHILDREN : Attribute.HASNOCHILDREN);
        if (mailbox.isEmpty()) {
            attributes.add(Attribute.NONEXISTENT);
        }
        Set<SpecialUse> uses = mailbox.map(Mailbox::uses).orElse(Set.of());
        new ListResponse(Kind.LIST, attributes, uses, name, Set.of(), oldName).writeTo(session.out());
    }

    private static List<Entry> metBelow(NavigableMap<String, Entry> entries, Entry parent, Set<Selection> selection) {
        return below(entries, parent.name).stream()
                .filter(entry -> entry.isSelected(selection))
                .toList();
    }

    /** {@return the selection options as CHILDINFO names them: something below meets all of them (RFC 5258 §3.5)} */
    private static Set<ChildInfo> childInfo(Set<Selection> selection) {
        var met = EnumSet.noneOf(ChildInfo.class);
        if (selection.contains(Selection.SUBSCRIBED)) {
            met.add(ChildInfo.SUBSCRIBED);
        }
        if (selection.contains(Selection.SPECIAL_USE)) {
            met.add(ChildInfo.SPECIAL_USE);
        }
        return met;
    }

    private static List<Entry> below(NavigableMap<String, Entry> entries, MailboxName parent) {
        String first = parent.value() + MailboxName.SEPARATOR;
        String afterLast = parent.value() + (char) (MailboxName.SEPARATOR + 1);
        return List.copyOf(entries.subMap(first, true, afterLast, false).values());
    }

    /** All names of the account, and those that only exist because something lies below them. */
    private NavigableMap<String, Entry> entries(AccountId account, boolean withSubscriptions) {
        Map<MailboxName, Mailbox> known = new TreeMap<>();
        mailboxes.list(account).forEach(mailbox -> known.put(mailbox.name(), mailbox));
        Set<MailboxName> subscribed = withSubscriptions ? mailboxes.subscriptions(account) : Set.of();
        Set<MailboxName> parents = new HashSet<>();
        known.keySet().forEach(name -> addParents(name, parents));
        var subscribedParents = new HashSet<MailboxName>();
        subscribed.forEach(name -> addParents(name, subscribedParents));
        Set<MailboxName> names = new HashSet<>(known.keySet());
        names.addAll(subscribed);
        names.addAll(parents);
        names.addAll(subscribedParents);
        NavigableMap<String, Entry> entries = new TreeMap<>();
        for (MailboxName name : names) {
            entries.put(
                    name.value(),
                    new Entry(
                            name,
                            Optional.ofNullable(known.get(name)),
                            subscribed.contains(name),
                            parents.contains(name)));
        }
        return entries;
    }

    private static void addParents(MailboxName name, Set<MailboxName> parents) {
        for (Optional<MailboxName> parent = name.parent();
                parent.isPresent() && parents.add(parent.get());
                parent = parent.get().parent()) {}
    }

    /**
     * A name above a subscribed one that the pattern ends at is told as {@code \Noselect}: {@code %} must not hide what
     * lies below (RFC 3501 §6.3.9).
     */
    Done lsub(LsubCommand command, Session session, State.LoggedIn user) throws IOException {
        if (command.pattern().isEmpty()) {
            ListResponse.separator(Kind.LSUB).writeTo(session.out());
            return Done.of(user, "LSUB completed");
        }
        var pattern = new ListPattern(command.reference(), List.of(command.pattern()), longestPatterns);
        NavigableMap<String, Entry> entries = entries(user.account().id(), true);
        for (Entry entry : entries.values()) {
            if (!pattern.matches(entry.name)) {
                continue;
            }
            boolean standsForOthers = command.pattern().endsWith("%")
                    && below(entries, entry.name).stream().anyMatch(Entry::isSubscribed);
            if (entry.isSubscribed || standsForOthers) {
                Set<Attribute> attributes =
                        entry.isSubscribed && entry.mailbox.isPresent() ? Set.of() : Set.of(Attribute.NOSELECT);
                new ListResponse(Kind.LSUB, attributes, Set.of(), entry.name, Set.of(), null).writeTo(session.out());
            }
        }
        return Done.of(user, "LSUB completed");
    }
}
