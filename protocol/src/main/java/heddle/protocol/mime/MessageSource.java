package heddle.protocol.mime;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Where the bytes of a message are read from; it may be opened any number of times. */
public interface MessageSource {
    /** {@return how many octets the message has} */
    long size();

    /** {@return the message from its first octet; the caller closes it} */
    InputStream open() throws IOException;

    /** {@return a message that is already in memory; the array is not copied} */
    static MessageSource of(byte[] message) {
        return new MessageSource() {
            @Override
            public long size() {
                return message.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(message);
            }
        };
    }
}
