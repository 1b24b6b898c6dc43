package heddle.protocol.command;

import heddle.protocol.wire.RefusedException;

/** A SEARCH that was to be saved is refused while it is read: {@code $} is to be empty from now on (RFC 5182 §2.1). */
public final class UnsavedSearchException extends RefusedException {
    private static final long serialVersionUID = 1;

    UnsavedSearchException(RefusedException refused) {
        super(refused.code(), refused.text());
    }
}
