package heddle.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import heddle.protocol.Event;
import heddle.protocol.MailboxName;
import heddle.protocol.command.EventGroup;
import heddle.protocol.command.MailboxFilter;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class EventFilterTest {
    private static final Set<Event> MESSAGES = Set.of(Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE);

    private static EventFilter filter(EventGroup... groups) {
        return new EventFilter(List.of(groups));
    }

    private static EventGroup group(MailboxFilter mailboxes, Set<Event> events) {
        return new EventGroup(mailboxes, events, List.of());
    }

    private static Set<MailboxName> names(String... names) {
        return Set.of(names).stream().map(MailboxName::new).collect(Collectors.toSet());
    }

    private static MailboxName name(String name) {
        return new MailboxName(name);
    }

    @Test
    void addsUpWhatSeveralGroupsAskFor() {
        EventFilter filter = filter(
                group(new MailboxFilter.Mailboxes(names("INBOX")), MESSAGES),
                group(MailboxFilter.Common.PERSONAL, Set.of(Event.SUBSCRIPTION_CHANGE)),
                group(MailboxFilter.Common.SUBSCRIBED, Set.of(Event.MAILBOX_NAME)),
                group(new MailboxFilter.Mailboxes(names("INBOX")), Set.of()));
        assertThat(filter.of(name("inbox"), false))
                .containsExactlyInAnyOrder(Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE, Event.SUBSCRIPTION_CHANGE);
        assertThat(filter.of(name("x"), true)).containsExactlyInAnyOrder(Event.SUBSCRIPTION_CHANGE, Event.MAILBOX_NAME);
        assertThat(filter.of(name("x"), false)).containsExactly(Event.SUBSCRIPTION_CHANGE);
    }

    @Test
    void takesASubtreeWithItsTopAndNothingBeside() {
        EventFilter filter = filter(group(new MailboxFilter.Subtree(names("a/b", "c")), MESSAGES));
        for (String inside : List.of("a/b", "a/b/c", "a/b/c/d", "c", "c/x")) {
            assertThat(filter.of(name(inside), false)).as(inside).isEqualTo(MESSAGES);
        }
        for (String outside : List.of("a", "a/bb", "a/b2/c", "cc", "x/c")) {
            assertThat(filter.of(name(outside), false)).as(outside).isEmpty();
        }
    }

    @Test
    void saysNothingOfOtherMailboxesThatIsForTheSelectedOne() {
        EventFilter filter = filter(group(MailboxFilter.Selected.IMMEDIATE, MESSAGES));
        assertThat(filter.selected()).isEqualTo(new Interest(MESSAGES, MailboxFilter.Selected.IMMEDIATE, List.of()));
        assertThat(filter.wants(MESSAGES)).isFalse();
        assertThat(filter(group(MailboxFilter.Common.PERSONAL, MESSAGES)).selected())
                .isEqualTo(Interest.NONE);
    }
}
