package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnnouncementTest {
    /** PostgreSQL's limit for what one notification carries. */
    private static final int PAYLOAD = 8000;

    @Test
    void isReadAsItWasWritten() {
        var announcement = new Announcement(
                -1,
                -5,
                Map.of(
                        new MailboxId(new AccountId(1), 2),
                        3L,
                        new MailboxId(new AccountId(4), 5),
                        Announcement.DELETED,
                        new AccountId(4),
                        6L));
        assertThat(Announcement.parse(announcement.text())).hasValue(announcement);
    }

    @Test
    void namesNoMailboxForAll() {
        var announcement = new Announcement(7, 8, Map.of());
        assertThat(Announcement.parse(announcement.text())).hasValue(announcement);
    }

    @Test
    void fitsIntoANotificationWithTheLargestNumbers() {
        var topics = new HashMap<Topic, Long>();
        for (int i = 0; i < Announcement.MOST_TOPICS; i++) {
            topics.put(new MailboxId(new AccountId(Long.MAX_VALUE), Long.MAX_VALUE - i), Long.MAX_VALUE);
        }
        assertThat(new Announcement(-1, Long.MIN_VALUE, topics).text().length()).isLessThan(PAYLOAD);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "1", "x 1 2.3.4", "1 x 2.3.4", "1 1 2", "1 1 2.3.x", "1 1 99999999999999999999.3.4"})
    void understandsNothingElse(String text) {
        assertThat(Announcement.parse(text)).isEmpty();
    }
}
