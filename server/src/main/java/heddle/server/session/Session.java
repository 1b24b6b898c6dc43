package heddle.server.session;

import heddle.protocol.Extension;
import heddle.protocol.command.CommandReader;
import heddle.protocol.wire.WireReader;
import heddle.protocol.wire.WireWriter;
import heddle.server.connection.Transport;
import heddle.storage.Account;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has: its stream, its reader and writer, its state. The thread of the connection owns all of it; the
 * writer is shared with the pusher of IDLE and NOTIFY, under the output lock.
 */
public final class Session {
    private final Transport transport;
    private final WireReader wire;
    private final CommandReader commands;
    private final WireWriter out;
    private final ReentrantLock output = new ReentrantLock();
    private State state = new State.NotAuthenticated();
    private final Enabled enabled = new Enabled();
    private @Nullable Account user;
    private @Nullable Notifications notifications;
    private int failures;

    Session(Transport transport, WireReader wire, WireWriter out) {
        this.transport = transport;
        this.wire = wire;
        this.commands = new CommandReader(wire);
        this.out = out;
    }

    public Transport transport() {
        return transport;
    }

    public WireReader wire() {
        return wire;
    }

    public CommandReader commands() {
        return commands;
    }

    public WireWriter out() {
        return out;
    }

    /** Whoever writes holds it. */
    public ReentrantLock output() {
        return output;
    }

    public State state() {
        return state;
    }

    /** Goes on to another state. */
    public void state(State next) {
        state = next;
    }

    /** {@return what the client has switched on} */
    public Enabled enabled() {
        return enabled;
    }

    /**
     * Switches an extension on. The first that brings modseqs to a mailbox that is selected is answered with the highest
     * (RFC 7162 §3.1).
     *
     * @return whether it was not on already
     */
    public boolean enable(Extension extension) throws IOException {
        boolean hadModSeqs = enabled.modSeqs();
        boolean isNew = enabled.add(extension);
        encode();
        if (!hadModSeqs && enabled.modSeqs() && state instanceof State.Selected selected) {
            selected.mailbox().tellHighestModSeq(out);
        }
        return isNew;
    }

    /** {@return who has logged in, also after LOGOUT} */
    public Optional<Account> user() {
        return Optional.ofNullable(user);
    }

    public void user(Account account) {
        user = account;
        transport.account(account.id());
    }

    /** Forgets who it was, and what the client had switched on for it. */
    public void forgetUser() {
        endNotifications();
        user = null;
        transport.account(null);
        enabled.clear();
        encode();
    }

    private void encode() {
        wire.encoding(enabled.encoding());
        out.encoding(enabled.encoding());
    }

    /** {@return what the client is told without asking; empty as long as it has not used NOTIFY} */
    public Optional<Notifications> notifications() {
        return Optional.ofNullable(notifications);
    }

    /** Tells the client something else without asking than before; first it can hear all of the selected mailbox. */
    public void notifications(Notifications begun) {
        endNotifications();
        notifications = begun;
        if (state instanceof State.Selected selected) {
            selected.mailbox().interest(Interest.ALL);
        }
    }

    /** Tells the client nothing without asking. */
    void endNotifications() {
        if (notifications != null) {
            notifications.close();
            notifications = null;
        }
    }

    /** {@return how many log-ins have failed, one more than before} */
    public int countFailure() {
        return ++failures;
    }

    /** Sends what has been written, unless more commands wait: their answers leave together (RFC 3501 §5.5). */
    void flushUnlessPipelined() throws IOException {
        if (wire.bufferedBytes() == 0) {
            out.flush();
        }
    }
}
