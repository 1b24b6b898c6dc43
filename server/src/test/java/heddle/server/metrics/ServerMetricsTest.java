package heddle.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServerMetricsTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ServerMetrics metrics = new ServerMetrics(registry);

    private record NoopCommand() {}

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void countsCommandsByNameAndResult() {
        metrics.commandDone(NoopCommand.class, Outcome.OK, TimeUnit.MILLISECONDS.toNanos(2));
        metrics.commandDone(NoopCommand.class, Outcome.OK, TimeUnit.MILLISECONDS.toNanos(20));
        assertThat(registry.scrape())
                .contains("heddle_command_duration_seconds_count{command=\"NOOP\",result=\"ok\"} 2")
                .contains("heddle_command_duration_seconds_bucket{command=\"NOOP\",result=\"ok\",le=\"0.003\"} 1")
                .doesNotContain("result=\"bad\"");
    }

    @Test
    void knowsHowManyConnectionsAreOpen() {
        ListenerMeters imap = metrics.listener("imap");
        imap.opened();
        imap.opened();
        imap.secured(TlsVersion.NONE, TlsVersion.TLS_1_3);
        imap.received(10);
        assertThat(registry.scrape())
                .contains("heddle_connections_total{listener=\"imap\"} 2.0")
                .contains("heddle_connections_open{listener=\"imap\",tls=\"none\"} 1.0")
                .contains("heddle_connections_open{listener=\"imap\",tls=\"tls_1_3\"} 1.0")
                .contains("heddle_received_bytes_total{listener=\"imap\"} 10.0");
        imap.closed(TlsVersion.TLS_1_3);
        assertThat(registry.scrape()).contains("heddle_connections_open{listener=\"imap\",tls=\"tls_1_3\"} 0.0");
    }

    @Test
    void showsEverySeriesFromTheStart() {
        metrics.sessions("imap");
        assertThat(registry.scrape())
                .contains("heddle_deliveries_total{result=\"deferred\"} 0.0")
                .contains("heddle_limits_hit_total{limit=\"write_time\"} 0.0")
                .contains("heddle_sessions{listener=\"imap\",state=\"selected\"} 0.0")
                .contains("jvm_memory_used_bytes");
    }

    @Test
    void countsLogInsDeliveriesAndSessions() {
        metrics.authenticated("PLAIN", AuthenticationResult.REFUSED);
        metrics.delivered(DeliveryResult.OVER_QUOTA);
        metrics.limitHit(Limit.COMMAND);
        metrics.sessions("imap").entered(SessionState.SELECTED);
        assertThat(registry.scrape())
                .contains("heddle_authentications_total{mechanism=\"PLAIN\",result=\"refused\"} 1.0")
                .contains("heddle_deliveries_total{result=\"over_quota\"} 1.0")
                .contains("heddle_limits_hit_total{limit=\"command\"} 1.0")
                .contains("heddle_sessions{listener=\"imap\",state=\"selected\"} 1.0");
    }
}
