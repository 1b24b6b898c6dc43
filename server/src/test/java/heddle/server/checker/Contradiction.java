package heddle.server.checker;

import java.util.ArrayList;
import java.util.List;

/** What a client was told cannot be true, by what it or another one was told before. */
final class Contradiction extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient List<Conversation> involved;

    Contradiction(String what, Conversation... involved) {
        super(what);
        this.involved = List.of(involved);
    }

    Contradiction(String what, Throwable cause) {
        super(what, cause);
        this.involved = List.of();
    }

    /** {@return the same, with one more session that is involved} */
    Contradiction with(Conversation conversation) {
        var all = new ArrayList<>(involved);
        all.add(conversation);
        var more = new Contradiction(String.valueOf(getMessage()), all.toArray(Conversation[]::new));
        more.initCause(this);
        return more;
    }

    /** {@return what contradicts what, and the last words of the sessions involved} */
    String report() {
        var report = new StringBuilder(getMessage()).append('\n');
        involved.forEach(conversation -> report.append(conversation.transcript()));
        return report.toString();
    }
}
