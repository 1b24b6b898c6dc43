package heddle.storage;

/**
 * This database can be asked, and nothing is to be kept in it. The text completes a sentence of which it is the subject,
 * and says what would be allowed.
 */
public final class UnsuitableDatabaseException extends StorageException {
    private static final long serialVersionUID = 1;

    UnsuitableDatabaseException(String text) {
        super(Reason.CANNOT, text);
    }
}
