package heddle.server.metrics;

import static heddle.server.metrics.PerConstant.label;

import heddle.storage.Timers;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Every meter of the server's own, in one place. A label never holds what a client wrote: each has a fixed set of
 * values, so that the number of time series does not grow with input.
 */
public final class ServerMetrics implements AutoCloseable {
    private final MeterRegistry registry;
    private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
    private final Map<String, ListenerMeters> listeners = new ConcurrentHashMap<>();
    private final Map<String, SessionMeters> sessions = new ConcurrentHashMap<>();
    private final LogCounter log;
    private final PerConstant<DeliveryResult, Counter> deliveries;
    private final PerConstant<Limit, Counter> limits;
    private final Counter passwordsHashed;
    private final Map<String, PerConstant<AuthenticationResult, Counter>> authentications = new ConcurrentHashMap<>();

    /** Per type of command its timers, each made on first use. */
    private final ClassValue<Map<Outcome, Timer>> commands = new ClassValue<>() {
        @Override
        protected Map<Outcome, Timer> computeValue(Class<?> command) {
            return new ConcurrentHashMap<>();
        }
    };

    /** Registers the meters, and those of the Java virtual machine. */
    public ServerMetrics(MeterRegistry registry) {
        this.registry = registry;
        log = new LogCounter(registry);
        deliveries = new PerConstant<>(DeliveryResult.class, result -> counter(
                        "heddle.deliveries", "Messages handed over by LMTP, once per recipient.")
                .tag("result", label(result))
                .register(registry));
        limits = new PerConstant<>(
                Limit.class, limit -> counter("heddle.limits.hit", "How often a client was stopped by a limit.")
                        .tag("limit", label(limit))
                        .register(registry));
        passwordsHashed = counter(
                        "heddle.passwords.hashed", "Passwords that were hashed, because none was known to be right.")
                .register(registry);
        bindVirtualMachine();
    }

    private void bindVirtualMachine() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        garbageCollection.bindTo(registry);
    }

    /** {@return the registry that all meters are in, for those of the storage} */
    public MeterRegistry registry() {
        return registry;
    }

    /** {@return the meters of the listener of this name, always the same} */
    public ListenerMeters listener(String name) {
        return listeners.computeIfAbsent(name, _ -> new ListenerMeters(registry, name));
    }

    /** {@return the meters of the IMAP sessions of the listener of this name, always the same} */
    public SessionMeters sessions(String listener) {
        return sessions.computeIfAbsent(listener, _ -> new SessionMeters(registry, listener));
    }

    /** Shows whether clients are served. */
    public void serving(BooleanSupplier isServing) {
        Gauge.builder("heddle.serving", () -> isServing.getAsBoolean() ? 1 : 0)
                .description("1 while clients are served; 0 while the server starts or stops.")
                .register(registry);
    }

    /** Shows when the certificate in use expires. */
    public void certificate(Supplier<Instant> expiry) {
        Gauge.builder("heddle.tls.certificate.expiry", () -> expiry.get().getEpochSecond())
                .description("When the TLS certificate in use expires, in seconds since 1970.")
                .baseUnit("seconds")
                .register(registry);
    }

    /** Shows how large the temporary files of messages are. */
    public void spool(LongSupplier bytes) {
        Gauge.builder("heddle.spool", bytes::getAsLong)
                .description("Temporary files of messages that arrive.")
                .baseUnit("bytes")
                .register(registry);
    }

    /**
     * A command was answered.
     *
     * @param command the type of the command's record; its {@link #commandName} is the label
     * @param nanoseconds from the command's tag to its tagged response
     */
    public void commandDone(Class<?> command, Outcome outcome, long nanoseconds) {
        commands.get(command)
                .computeIfAbsent(outcome, _ -> timer(commandName(command), outcome))
                .record(nanoseconds, TimeUnit.NANOSECONDS);
    }

    /** Somebody tried to log in; {@code mechanism} is one of the server's own, such as {@code PLAIN} or {@code LOGIN}. */
    public void authenticated(String mechanism, AuthenticationResult result) {
        authentications
                .computeIfAbsent(mechanism, this::authenticationCounters)
                .of(result)
                .increment();
    }

    /** A password is hashed, which costs tens of milliseconds of CPU. */
    public void passwordHashed() {
        passwordsHashed.increment();
    }

    /** A message was delivered, or not, for one recipient. */
    public void delivered(DeliveryResult result) {
        deliveries.of(result).increment();
    }

    /** A client was stopped by a limit. */
    public void limitHit(Limit limit) {
        limits.of(limit).increment();
    }

    /** Lets go of what listens to the virtual machine and to the log. */
    @Override
    public void close() {
        log.close();
        garbageCollection.close();
    }

    private Timer timer(String command, Outcome outcome) {
        return Timers.timer("heddle.command.duration", "From a command's tag to its tagged response.")
                .tag("command", command)
                .tag("result", label(outcome))
                .register(registry);
    }

    private PerConstant<AuthenticationResult, Counter> authenticationCounters(String mechanism) {
        return new PerConstant<>(AuthenticationResult.class, result -> counter(
                        "heddle.authentications", "Attempts to log in, by mechanism and result.")
                .tag("mechanism", mechanism)
                .tag("result", label(result))
                .register(registry));
    }

    private static Counter.Builder counter(String name, String description) {
        return Counter.builder(name).description(description);
    }

    /** {@return the name of a command by the type of its record: UNREAD for one that could not be read} */
    public static String commandName(Class<?> command) {
        String name = command.getSimpleName();
        String stem = name.endsWith("Command") ? name.substring(0, name.length() - "Command".length()) : name;
        return stem.isEmpty() ? "UNREAD" : stem.toUpperCase(Locale.ROOT);
    }
}
