package heddle.protocol.mime;

import static heddle.protocol.mime.MessageParserTest.parse;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class HeaderFieldsTest {
    private static final String HEADER = String.join(
            "\r\n",
            "Received: one",
            "\tfolded",
            "SUBJECT: s",
            " folded",
            "\ttwice",
            "To : t",
            "Subjects: not it",
            "no field",
            "subject:",
            "",
            "");

    @ParameterizedTest
    @MethodSource
    void selects(HeaderFields fields, String expected) throws IOException {
        assertThat(new String(fields.select(HEADER.getBytes(ISO_8859_1)), ISO_8859_1))
                .isEqualTo(expected);
        var out = new ByteArrayOutputStream();
        fields.select(new ByteArrayInputStream(HEADER.getBytes(ISO_8859_1)), out);
        assertThat(out.toString(ISO_8859_1)).isEqualTo(expected);
    }

    static Stream<Arguments> selects() {
        return Stream.of(
                arguments(HeaderFields.only(Set.of("Subject")), "SUBJECT: s\r\n folded\r\n\ttwice\r\nsubject:\r\n\r\n"),
                arguments(HeaderFields.only(Set.of("to", "x")), "To : t\r\n\r\n"),
                arguments(HeaderFields.only(Set.of("none")), "\r\n"),
                arguments(
                        HeaderFields.except(Set.of("subject", "RECEIVED")),
                        "To : t\r\nSubjects: not it\r\nno field\r\n\r\n"),
                arguments(HeaderFields.except(Set.of("none")), HEADER));
    }

    @Test
    void selectsFromAHeaderOfAnySize() throws IOException {
        String kept = "To: " + "x".repeat(8000) + "\r\n" + " folded\r\n".repeat(10_000);
        String header = "X: " + "y".repeat(100_000) + "\r\n" + kept + "Y: z\r\n" + kept + "\r\n";
        var out = new ByteArrayOutputStream();
        HeaderFields.only(Set.of("to")).select(new ByteArrayInputStream(header.getBytes(ISO_8859_1)), out);
        assertThat(out.toString(ISO_8859_1)).isEqualTo(kept + kept + "\r\n");
        assertThat(HeaderFields.only(Set.of("to")).select(header.getBytes(ISO_8859_1)))
                .isEqualTo(out.toByteArray());
    }

    /** As many as a command may have, against a header of as many lines. */
    @Test
    @Timeout(value = 5, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void comparesManyNamesAtOnce() {
        String start = "x".repeat(200);
        var names =
                IntStream.range(0, 10_000).mapToObj(number -> start + number).collect(Collectors.toSet());
        byte[] header = (start + ": none of them\r\n").repeat(10_000).getBytes(ISO_8859_1);
        assertThat(HeaderFields.only(names).select(header)).isEmpty();
        assertThat(HeaderFields.except(names).select(header)).isEqualTo(header);
    }

    @Test
    void keepsTheFieldsThatClientsListAMailboxWith() {
        ParsedMessage parsed = parse("X-Secret: x\r\nSubject: a\r\n b\r\nDate: d\r\n\r\nbody");
        assertThat(parsed.structure().commonHeader())
                .isEqualTo("Subject: a\r\n b\r\nDate: d\r\n\r\n".getBytes(ISO_8859_1));
        assertThat(HeaderFields.only(Set.of("Subject", "DATE", "References")).areCommon())
                .isTrue();
        assertThat(HeaderFields.only(Set.of("Subject", "X-Secret")).areCommon()).isFalse();
        assertThat(HeaderFields.except(Set.of("Subject")).areCommon()).isFalse();
    }
}
