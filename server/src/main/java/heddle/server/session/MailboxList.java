package heddle.server.session;

import heddle.protocol.MailboxName;
import heddle.protocol.SpecialUse;
import heddle.protocol.response.ListResponse;
import heddle.protocol.response.ListResponse.Attribute;
import heddle.protocol.response.ListResponse.Kind;
import heddle.storage.AccountId;
import heddle.storage.Mailbox;
import heddle.storage.Mailboxes;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The mailboxes and subscriptions of an account, as they were at one moment. */
final class MailboxList {
    private final TreeMap<String, Mailbox> byName = new TreeMap<>();
    private final SortedSet<MailboxName> subscriptions;

    private MailboxList(Collection<Mailbox> mailboxes, SortedSet<MailboxName> subscriptions) {
        mailboxes.forEach(mailbox -> byName.put(mailbox.name().value(), mailbox));
        this.subscriptions = subscriptions;
    }

    /** @throws heddle.storage.StorageException {@code UNAVAILABLE} */
    static MailboxList read(Mailboxes mailboxes, AccountId account) {
        return new MailboxList(mailboxes.list(account), mailboxes.subscriptions(account));
    }

    /** {@return the mailboxes by name} */
    Collection<Mailbox> mailboxes() {
        return byName.values();
    }

    /** {@return the subscribed names, those without a mailbox too} */
    SortedSet<MailboxName> subscriptions() {
        return subscriptions;
    }

    boolean isSubscribed(MailboxName name) {
        return subscriptions.contains(name);
    }

    private boolean hasChildren(MailboxName name) {
        String first = name.value() + MailboxName.SEPARATOR;
        @Nullable String next = byName.ceilingKey(first);
        return next != null && next.startsWith(first);
    }

    /**
     * {@return what is told of a name, whether a mailbox has it or not (RFC 5465 §5.4, §5.5)}
     *
     * @param oldName what the mailbox was called before; null when it is not renamed
     */
    ListResponse response(MailboxName name, @Nullable MailboxName oldName) {
        var attributes = EnumSet.of(hasChildren(name) ? Attribute.HASCHILDREN : Attribute.HASNOCHILDREN);
        @Nullable Mailbox mailbox = byName.get(name.value());
        if (mailbox == null) {
            attributes.add(Attribute.NONEXISTENT);
        }
        if (isSubscribed(name)) {
            attributes.add(Attribute.SUBSCRIBED);
        }
        Set<SpecialUse> uses = mailbox == null ? Set.of() : mailbox.uses();
        return new ListResponse(Kind.LIST, attributes, uses, name, Set.of(), oldName == null ? null : oldName.value());
    }
}
