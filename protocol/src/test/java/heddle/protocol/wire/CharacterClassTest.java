package heddle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CharacterClassTest {
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final String DIGITS = "0123456789";
    private static final String ATOM = LETTERS + DIGITS + "!#$&'+,-./:;<=>?@[^_`|}~";

    /** Each class written out, octet by octet, as RFC 3501 §9 has it. */
    static Stream<Arguments> classes() {
        String quoted = IntStream.range(1, 256)
                .filter(octet -> octet != '\r' && octet != '\n' && octet != '"' && octet != '\\')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return Stream.of(
                Arguments.of("ATOM-CHAR", CharacterClass.ATOM, ATOM),
                Arguments.of("ASTRING-CHAR", CharacterClass.ASTRING, ATOM + "]"),
                Arguments.of("list-char", CharacterClass.LIST, ATOM + "]%*"),
                Arguments.of("tag", CharacterClass.TAG, (ATOM + "]").replace("+", "")),
                Arguments.of("QUOTED-CHAR", CharacterClass.QUOTED, quoted),
                Arguments.of("DIGIT", CharacterClass.DIGIT, DIGITS),
                Arguments.of("ALPHA", CharacterClass.LETTER, LETTERS),
                Arguments.of("base64", CharacterClass.BASE64, LETTERS + DIGITS + "+/="),
                Arguments.of(
                        "item name", CharacterClass.NAME, ATOM.replace("[", "").replace("<", "")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("classes")
    void holdsTheOctetsOfTheGrammarAndNoOthers(String name, int characterClass, String members) {
        for (int octet = 0; octet < 256; octet++) {
            assertThat(CharacterClass.has(octet, characterClass))
                    .as("octet %d in %s", octet, name)
                    .isEqualTo(members.indexOf(octet) >= 0);
        }
    }

    @Test
    void ofSignedBytesToo() {
        assertThat(CharacterClass.has((byte) 0xE9, CharacterClass.QUOTED)).isTrue();
        assertThat(CharacterClass.has((byte) 0xE9, CharacterClass.ATOM)).isFalse();
    }
}
