package heddle.server.session;

import heddle.protocol.Tag;
import heddle.protocol.UidSet;
import heddle.protocol.command.AuthenticateCommand;
import heddle.protocol.command.Command;
import heddle.protocol.command.CompressCommand;
import heddle.protocol.command.IdleCommand;
import heddle.protocol.command.LoginCommand;
import heddle.protocol.command.StartTlsCommand;
import heddle.protocol.command.UnauthenticateCommand;
import heddle.protocol.command.UnknownCommandException;
import heddle.protocol.command.UnsavedSearchException;
import heddle.protocol.response.ContinuationResponse;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.response.ResponseCode.Word;
import heddle.protocol.response.StatusResponse;
import heddle.protocol.wire.EndOfServiceException;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireReader;
import heddle.protocol.wire.WireWriter;
import heddle.server.command.Commands;
import heddle.server.command.Done;
import heddle.server.connection.Transport;
import heddle.server.logging.LogFields;
import heddle.server.metrics.Limit;
import heddle.server.metrics.Outcome;
import heddle.server.metrics.ServerMetrics;
import heddle.server.metrics.SessionEnd;
import heddle.server.metrics.SessionMeters;
import heddle.server.metrics.SessionState;
import heddle.storage.Activity;
import heddle.storage.StorageException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketTimeoutException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One client, one virtual thread: read a command, carry it out, answer, repeat. */
public final class ImapConnection {
    private static final Logger LOG = System.getLogger(ImapConnection.class.getName());

    private final Commands handlers;
    private final SessionSettings settings;
    private final ServerMetrics metrics;
    private final SessionMeters sessions;
    private final Transport transport;
    private final Session session;
    private final WireWriter out;
    private boolean isFirst = true;
    private int broken;
    private SessionState counted = SessionState.NOT_AUTHENTICATED;
    private SessionEnd end = SessionEnd.CLIENT_GONE;

    public ImapConnection(
            Commands handlers,
            SessionSettings settings,
            ServerMetrics metrics,
            SessionMeters sessions,
            Transport transport) {
        this.handlers = handlers;
        this.settings = settings;
        this.metrics = metrics;
        this.sessions = sessions;
        this.transport = transport;
        out = new WireWriter(transport.output());
        session = new Session(transport, new WireReader(transport.input(), settings.beforeLogin(), this::goOn), out);
    }

    /** Asks for the literal that the client waits to send. */
    private void goOn() throws IOException {
        new ContinuationResponse("go on").writeTo(out);
        out.flush();
    }

    /** Serves the client until it leaves, or has to. */
    public void serve() throws IOException {
        sessions.entered(counted);
        try {
            transport.readDeadline(settings.timeouts().login());
            var greeting = new ResponseCode.Capabilities(handlers.capabilities(session));
            StatusResponse.ok(Tag.UNTAGGED, greeting, "Heddle ready").writeTo(out);
            out.flush();
            while (!(session.state() instanceof State.Logout)
                    && transport.farewell().isEmpty()
                    && awaitCommand()) {
                serveOneCommand();
            }
            Optional<String> farewell = transport.farewell();
            if (farewell.isPresent()) {
                dismiss(farewell.get());
            }
        } catch (EOFException ended) {
            // In the middle of IDLE, say: the client is gone, or has to go.
            dismiss(transport.farewell().orElseThrow(() -> ended));
        } catch (SocketTimeoutException silent) {
            boolean loggedIn = session.state() instanceof State.LoggedIn;
            metrics.limitHit(loggedIn ? Limit.IDLE_TIME : Limit.LOGIN_TIME);
            end = SessionEnd.TIMEOUT;
            bye(null, loggedIn ? "you were silent for too long" : "log in faster");
        } finally {
            leave();
        }
    }

    /** Says BYE, unless that is said already. */
    private void dismiss(String farewell) throws IOException {
        if (!(session.state() instanceof State.Logout)) {
            end = SessionEnd.DISMISSED;
            bye(null, farewell);
        }
    }

    /** Whoever has sent nothing at all is a health check or a port scan, and not worth a line. */
    private void logEnd() {
        LogFields summary = transport.summary().with("reason", end);
        session.user().ifPresent(user -> summary.with("user", user.name()));
        LOG.log(transport.activity().commands() == 0 ? Level.DEBUG : Level.INFO, "session ended", summary);
    }

    private boolean awaitCommand() throws IOException {
        if (session.wire().bufferedBytes() > 0) {
            return true;
        }
        transport.idle(true);
        boolean hasCommand = session.commands().await();
        transport.idle(false);
        return hasCommand;
    }

    /** The only place where a failure becomes an answer. */
    private void serveOneCommand() throws IOException {
        long start = System.nanoTime();
        var tag = Tag.UNTAGGED; // until the client's own is read
        Class<?> kind = Command.class;
        Outcome outcome = Outcome.OK;
        State next = null; // where a command leads that is carried out
        Limit limit = null; // the one that the client has hit
        StatusResponse answer;
        session.output().lock();
        try {
            transport.activity().nextCommand();
            if (session.state() instanceof State.Logout) {
                return; // a push has said BYE
            }
            try {
                tag = session.commands().tag();
                Command command = session.commands().command();
                kind = command.getClass();
                isFirst = false;
                Done done = handlers.handle(tag, command, session);
                next = done.next();
                answer = StatusResponse.ok(tag, done.code(), done.text());
                broken = 0;
            } catch (SyntaxException wrong) {
                outcome = Outcome.BAD;
                answer = StatusResponse.bad(tag, wrong.code(), wrong.text());
                if (++broken > settings.limits().brokenCommands()
                        || isFirst && wrong instanceof UnknownCommandException) {
                    endOfService(null, wrong.text());
                    return;
                }
            } catch (RefusedException refused) {
                outcome = Outcome.NO;
                limit = limitOf(refused.code(), kind);
                answer = StatusResponse.no(tag, refused.code(), refused.text());
                if (refused instanceof UnsavedSearchException && session.state() instanceof State.Selected selected) {
                    selected.mailbox().save(UidSet.EMPTY);
                }
            } catch (StorageException failed) {
                outcome = Outcome.NO;
                limit = limitOf(failed.reason());
                answer = StatusResponse.no(tag, codeFor(failed.reason()), failed.text());
                log(failed);
            } catch (EndOfServiceException over) {
                outcome = Outcome.BYE;
                limit = limitOf(over.code(), kind);
                endOfService(over.code(), over.text());
                return;
            } catch (UncheckedIOException gone) {
                throw gone.getCause();
            } catch (RuntimeException bug) {
                outcome = Outcome.SERVERBUG;
                LOG.log(Level.ERROR, "a command failed", bug);
                answer = StatusResponse.no(
                        tag,
                        Word.SERVERBUG,
                        "internal error " + transport.activity().id());
            }
            if (session.state() instanceof State.Logout) {
                out.flush();
                return; // BYE has been said: nothing follows it, not even the OK of the IDLE in which a push said it
            }
            if (next != null) {
                session.state(next);
                countState();
            }
            finish(answer, outcome);
            if (outcome == Outcome.OK) {
                changeLayers(kind);
            }
        } catch (EndOfServiceException over) {
            outcome = Outcome.BYE;
            limit = limitOf(over.code(), Command.class); // whatever it was: its rest has no end
            endOfService(over.code(), over.text());
        } catch (IOException gone) {
            outcome = Outcome.GONE;
            throw gone;
        } finally {
            try {
                if (limit != null) {
                    metrics.limitHit(limit);
                }
                done(kind, outcome, System.nanoTime() - start); // before a push adds its own time in the database
            } finally {
                session.output().unlock();
            }
        }
    }

    /** Only what the server is slow with is slow: not IDLE, nor a client that takes its time or is gone. */
    private void done(Class<?> kind, Outcome outcome, long nanoseconds) {
        metrics.commandDone(kind, outcome, nanoseconds);
        boolean isOurs = kind != IdleCommand.class && kind != Command.class && outcome != Outcome.GONE;
        if (isOurs && nanoseconds > settings.slowCommand().toNanos()) {
            Activity activity = transport.activity();
            LOG.log(
                    Level.INFO,
                    "slow command",
                    new LogFields()
                            .with("command", ServerMetrics.commandName(kind))
                            .with("result", outcome)
                            .withSeconds("seconds", nanoseconds)
                            .with("sql_count", activity.sqlCount())
                            .withSeconds("sql_seconds", activity.sqlNanos())
                            .withSeconds("sql_wait_seconds", activity.waitNanos()));
        }
    }

    /**
     * Sends the answer. What a failed command has half written is cut back; if part of it is out already, nothing may
     * follow it: the connection is cut (DESIGN §2). What it has written whole is kept, modseqs too.
     */
    private void finish(StatusResponse answer, Outcome outcome) throws IOException {
        if (!out.cutBack()) {
            cut();
            return;
        }
        session.commands().skipRest();
        if (outcome != Outcome.OK && session.state() instanceof State.Selected selected) {
            selected.mailbox().tellIfBehind(out);
        }
        session.notifications().ifPresent(told -> told.follow(session.state()));
        answer.writeTo(out);
        if (session.state() instanceof State.Logout) {
            end = SessionEnd.LOGOUT;
            out.flush(); // what is pipelined behind LOGOUT is read by nobody
        } else {
            session.flushUnlessPipelined();
        }
    }

    /** The commands after which the stream goes on in another form: their OK has to be out before. */
    private void changeLayers(Class<?> kind) throws IOException {
        if (kind == StartTlsCommand.class) {
            startTls();
        } else if (kind == CompressCommand.class) {
            out.flush();
            session.wire().discardBuffered(); // nothing may have been sent before the OK (RFC 4978 §3)
            transport.compress();
        } else if (kind == UnauthenticateCommand.class && transport.isCompressed()) {
            out.flush();
            transport.endCompression();
        }
    }

    /** The OK has to be out, and what came before the handshake is never read as commands after it (RFC 3501 §6.2.1). */
    private void startTls() throws IOException {
        out.flush();
        session.wire().discardBuffered();
        transport.startTls();
    }

    private void endOfService(@Nullable ResponseCode code, String text) throws IOException {
        if (out.cutBack()) {
            end = SessionEnd.REFUSED;
            bye(code, text);
        } else {
            cut();
        }
    }

    private void cut() {
        session.state(new State.Logout());
        transport.abort(SessionEnd.CUT);
    }

    private void bye(@Nullable ResponseCode code, String text) throws IOException {
        session.output().lock();
        try {
            session.state(new State.Logout());
            StatusResponse.bye(code, text).writeTo(out);
            out.flush();
        } finally {
            session.output().unlock();
        }
    }

    private static ResponseCode codeFor(StorageException.Reason reason) {
        return switch (reason) {
            case NOT_FOUND -> Word.NONEXISTENT;
            case ALREADY_EXISTS -> Word.ALREADYEXISTS;
            case HAS_CHILDREN -> Word.HASCHILDREN;
            case CANNOT -> Word.CANNOT;
            case OVER_QUOTA -> Word.OVERQUOTA;
            case LIMIT -> Word.LIMIT;
            case EXPUNGED -> Word.EXPUNGEISSUED;
            case READ_ONLY, UNAVAILABLE -> Word.UNAVAILABLE;
        };
    }

    /** The limit that a refusal is about; too many log-ins are counted where they are refused. */
    private static @Nullable Limit limitOf(@Nullable ResponseCode code, Class<?> kind) {
        if (code == Word.TOOBIG) {
            return Limit.SIZE;
        }
        boolean isLogIn = kind == LoginCommand.class || kind == AuthenticateCommand.class;
        return code == Word.LIMIT && !isLogIn ? Limit.COMMAND : null;
    }

    private static @Nullable Limit limitOf(StorageException.Reason reason) {
        return switch (reason) {
            case OVER_QUOTA -> Limit.QUOTA;
            case LIMIT -> Limit.MAILBOX;
            case NOT_FOUND, ALREADY_EXISTS, HAS_CHILDREN, CANNOT, EXPUNGED, READ_ONLY, UNAVAILABLE -> null;
        };
    }

    private static void log(StorageException failed) {
        LOG.log(
                codeFor(failed.reason()) == Word.UNAVAILABLE ? Level.WARNING : Level.DEBUG,
                "storage: {0}",
                failed.text());
    }

    /** Keeps the gauge of sessions by state. */
    private void countState() {
        SessionState now =
                switch (session.state()) {
                    case State.NotAuthenticated _, State.Logout _ -> SessionState.NOT_AUTHENTICATED;
                    case State.Authenticated _ -> SessionState.AUTHENTICATED;
                    case State.Selected _ -> SessionState.SELECTED;
                };
        if (now != counted) {
            sessions.left(counted);
            sessions.entered(now);
            counted = now;
        }
    }

    private void leave() {
        if (end == SessionEnd.CLIENT_GONE) {
            boolean isRefused = session.state() instanceof State.Logout; // a push has said BYE
            end = transport.cutOff().orElse(isRefused ? SessionEnd.REFUSED : SessionEnd.CLIENT_GONE);
        }
        sessions.left(counted);
        sessions.ended(end);
        session.output().lock();
        try {
            session.endNotifications();
        } finally {
            session.output().unlock();
        }
        try {
            handlers.leave(session);
        } catch (StorageException away) {
            LOG.log(Level.DEBUG, "a session could not be tidied up", away);
        }
        logEnd();
    }
}
