package heddle.storage;

import heddle.protocol.Flag;
import heddle.protocol.mime.MessageSource;
import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A message to be stored.
 *
 * @param content opened once or twice while it is stored
 * @param internalDate null: now
 * @param trace header fields that delivery puts before the content, each ending in CRLF; empty: none
 */
public record NewMessage(
        MessageSource content, Set<Flag> flags, @Nullable OffsetDateTime internalDate, byte[] trace) {
    public NewMessage {
        flags = Collections.unmodifiableSet(new LinkedHashSet<>(flags));
        trace = trace.clone();
    }

    /** {@return RFC822.SIZE} */
    long size() {
        return content.size() + trace.length;
    }
}
