package heddle.protocol.sasl;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The shape of an exchange holds mechanisms of every kind: this one has the turns of SCRAM, with toys for its keys. */
class SaslMechanismTest {
    private static final class Turns implements SaslMechanism {
        private final Function<String, String> secrets;
        private final Deque<String> heard = new ArrayDeque<>();

        private Turns(Function<String, String> secrets) {
            this.secrets = secrets;
        }

        @Override
        public String name() {
            return "X-TURNS";
        }

        @Override
        public SaslStep step(byte[] response) {
            heard.add(new String(response, StandardCharsets.UTF_8));
            return switch (heard.size()) {
                case 1 -> new SaslStep.Challenge(WORD);
                case 2 ->
                    heard.getLast().equals(secrets.apply(heard.getFirst()))
                            ? new SaslStep.Challenge(WORD)
                            : new SaslStep.Refused();
                default -> new SaslStep.Proved("", heard.getFirst());
            };
        }
    }

    private static final byte[] WORD = {1};

    /** What a server does with a mechanism. */
    private static SaslStep drive(SaslMechanism mechanism, List<byte[]> sent, String... answers) {
        SaslStep step = mechanism.start();
        int next = 0;
        while (step instanceof SaslStep.Challenge challenge) {
            sent.add(challenge.octets());
            step = mechanism.step(answers[next++].getBytes(StandardCharsets.UTF_8));
        }
        return step;
    }

    @Test
    void takesAsManyTurnsAsItNeeds() {
        var sent = new ArrayList<byte[]>();
        assertThat(drive(new Turns(_ -> "secret"), sent, "ann", "secret", ""))
                .isEqualTo(new SaslStep.Proved("", "ann"));
        assertThat(sent).containsExactly(new byte[0], WORD, WORD);
        assertThat(drive(new Turns(_ -> "secret"), new ArrayList<>(), "ann", "guess"))
                .isEqualTo(new SaslStep.Refused());
    }
}
