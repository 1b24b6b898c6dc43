package heddle.protocol;

import java.util.Optional;

/** What changes how the server speaks once the client has switched it on (RFC 5161). */
public enum Extension {
    /** RFC 9051, beside IMAP4rev1. */
    IMAP4REV2("IMAP4rev2"),
    /** RFC 6855. */
    UTF8_ACCEPT("UTF8=ACCEPT"),
    /** RFC 9586. */
    UIDONLY("UIDONLY"),
    /** RFC 7162 §3.1. */
    CONDSTORE("CONDSTORE"),
    /** RFC 7162 §3.2. */
    QRESYNC("QRESYNC");

    private final String wire;

    Extension(String wire) {
        this.wire = wire;
    }

    /** {@return the name by which it is announced and enabled} */
    public Capability capability() {
        return new Capability(wire);
    }

    /** {@return the extension of this name} */
    public static Optional<Extension> of(Capability capability) {
        for (Extension extension : values()) {
            if (extension.capability().equals(capability)) {
                return Optional.of(extension);
            }
        }
        return Optional.empty();
    }
}
