package heddle.protocol;

/**
 * What a client puts before a command and the server before its answer (RFC 3501 §2.2.1).
 *
 * @param value as the client wrote it; {@code *} before what answers no command
 */
public record Tag(String value) {
    public static final Tag UNTAGGED = new Tag("*");

    @Override
    public String toString() {
        return value;
    }
}
