package heddle.storage;

import org.jspecify.annotations.Nullable;

/** Storage cannot do what it was asked to; nothing has changed. */
public class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Why not, in the terms of RFC 5530. */
    public enum Reason {
        /** No such mailbox or account. */
        NOT_FOUND,
        ALREADY_EXISTS,
        /** There are only names below it. */
        HAS_CHILDREN,
        /** Never allowed, such as deleting INBOX. */
        CANNOT,
        OVER_QUOTA,
        /** Some number is used up: keywords, UIDs. */
        LIMIT,
        /** A message that was named has been swept meanwhile. */
        EXPUNGED,
        /** The database can only be read now: its disk is full, or a fail-over is under way. */
        READ_ONLY,
        /** The database cannot be asked now; later it may. */
        UNAVAILABLE
    }

    private final Reason reason;

    /** @param text words that a client may see */
    public StorageException(Reason reason, String text) {
        this(reason, text, null);
    }

    /**
     * @param text words that a client may see
     * @param cause for the log only
     */
    public StorageException(Reason reason, String text, @Nullable Throwable cause) {
        super(text, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    /** {@return words that a client may see} */
    public String text() {
        return String.valueOf(getMessage());
    }
}
