package heddle.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SeldomLineTest {
    private final Log log = new Log();

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void countsWhatItDoesNotSay() {
        var now = new AtomicLong();
        var line = new SeldomLine(System.getLogger("heddle.test"), "a door is knocked at", now::get);
        for (int i = 1; i <= 1000; i++) {
            line.happened(new LogFields().with("by", i));
        }
        assertThat(log.text().lines()).singleElement().asString().endsWith(": a door is knocked at by=1 count=1");
        now.set(TimeUnit.SECONDS.toNanos(10));
        line.happened(new LogFields().with("by", 1001));
        line.happened(new LogFields().with("by", 1002));
        assertThat(log.text().lines()).hasSize(2).last().asString().endsWith(" by=1001 count=1000");
    }
}
