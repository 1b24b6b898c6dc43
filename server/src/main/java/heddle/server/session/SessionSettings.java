package heddle.server.session;

import heddle.protocol.wire.WireLimits;
import heddle.server.config.PlaintextPolicy;
import heddle.server.config.ServerConfig;
import java.time.Duration;

/**
 * What sessions go by.
 *
 * @param beforeLogin what a stranger may send
 * @param afterLogin what a user may send
 * @param limits what else commands are held to
 * @param slowCommand a command that takes longer is logged
 */
public record SessionSettings(
        WireLimits beforeLogin,
        WireLimits afterLogin,
        ServerConfig.Timeouts timeouts,
        PlaintextPolicy plaintext,
        int failuresPerConnection,
        ServerConfig.Limits limits,
        Duration slowCommand) {
    /** {@return the settings of this configuration} */
    public static SessionSettings of(ServerConfig config) {
        ServerConfig.Limits limits = config.limits();
        long nonSynchronizing = limits.literalMinus() ? WireLimits.LITERAL_MINUS : WireLimits.LITERAL_PLUS;
        var before = new WireLimits(
                (int) limits.lineBeforeLogin(),
                (int) limits.literalBeforeLogin(),
                0,
                limits.literalBeforeLogin(),
                limits.arguments(),
                limits.nesting(),
                nonSynchronizing);
        var after = new WireLimits(
                (int) limits.line(),
                (int) limits.literal(),
                limits.message(),
                limits.message(),
                limits.arguments(),
                limits.nesting(),
                nonSynchronizing);
        return new SessionSettings(
                before,
                after,
                config.timeouts(),
                config.authentication().plaintext(),
                config.authentication().failuresPerConnection(),
                limits,
                config.log().slowCommand());
    }
}
