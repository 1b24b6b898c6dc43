package heddle.server.transfer;

import heddle.protocol.Flag;
import heddle.protocol.Flag.Keyword;
import heddle.protocol.Flag.Standard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The letters that stand for flags in the names of Maildir files. Small letters are keywords; which ones is said in a file
 * of the folder, as Dovecot does it: lines of a number, which is the letter's place in the alphabet, and the keyword.
 */
final class FlagLetters {
    private static final String KEYWORDS_FILE = "dovecot-keywords";
    private static final int LETTERS = 26;
    private static final Keyword FORWARDED = new Keyword("$Forwarded");

    private static final Map<Character, Flag> STANDARD = Map.of(
            'D', Standard.DRAFT,
            'F', Standard.FLAGGED,
            'P', FORWARDED,
            'R', Standard.ANSWERED,
            'S', Standard.SEEN,
            'T', Standard.DELETED);

    /** An atom that is no flag of the system (RFC 3501 §9 {@code flag-keyword}). */
    private static final Pattern KEYWORD = Pattern.compile("[!#$&'+,\\-./0-9:;<=>?@A-Z^_`a-z|}~\\[]{1,200}");

    private final List<Keyword> keywords;

    /** @param keywords by letter; those beyond the alphabet have none */
    FlagLetters(List<Keyword> keywords) {
        this.keywords = List.copyOf(keywords.subList(0, Math.min(keywords.size(), LETTERS)));
    }

    /** {@return the keyword of this spelling, if it can be one} */
    static Optional<Keyword> keyword(String spelling) {
        return KEYWORD.matcher(spelling).matches() ? Optional.of(new Keyword(spelling)) : Optional.empty();
    }

    /** {@return the letters of this folder, as its file says; without one, small letters mean nothing} */
    static FlagLetters read(Path folder) throws IOException {
        Path file = folder.resolve(KEYWORDS_FILE);
        if (!Files.exists(file)) {
            return new FlagLetters(List.of());
        }
        var byNumber = new TreeMap<Integer, Keyword>();
        for (String line : Files.readAllLines(file)) {
            String[] words = line.strip().split(" ", 2);
            if (words.length == 2 && words[0].matches("[0-9]{1,2}")) {
                keyword(words[1]).ifPresent(keyword -> byNumber.put(Integer.parseInt(words[0]), keyword));
            }
        }
        var keywords = new ArrayList<Keyword>();
        byNumber.forEach((number, keyword) -> {
            while (keywords.size() < number) {
                keywords.add(FORWARDED); // a number that nobody uses
            }
            keywords.add(keyword);
        });
        return new FlagLetters(keywords);
    }

    /** Writes the file that says what the small letters mean; none when there are no keywords. */
    void write(Path folder) throws IOException {
        if (!keywords.isEmpty()) {
            var text = new StringBuilder();
            for (int i = 0; i < keywords.size(); i++) {
                text.append(i).append(' ').append(keywords.get(i).wire()).append('\n');
            }
            Files.writeString(folder.resolve(KEYWORDS_FILE), text);
        }
    }

    /** {@return the flags in the part of a file name that follows {@code :2,}} */
    Set<Flag> flags(String letters) {
        var flags = new HashSet<Flag>();
        for (int i = 0; i < letters.length(); i++) {
            char letter = letters.charAt(i);
            Flag standard = STANDARD.get(letter);
            int number = letter - 'a';
            if (standard != null) {
                flags.add(standard);
            } else if (number >= 0 && number < keywords.size()) {
                flags.add(keywords.get(number));
            }
        }
        return flags;
    }

    /** {@return the letters for these flags, in the order of the alphabet as Maildir wants it} */
    String letters(Set<Flag> flags) {
        var letters = new TreeSet<Character>();
        STANDARD.forEach((letter, flag) -> {
            if (flags.contains(flag)) {
                letters.add(letter);
            }
        });
        for (int i = 0; i < keywords.size(); i++) {
            if (flags.contains(keywords.get(i))) {
                letters.add((char) ('a' + i));
            }
        }
        var text = new StringBuilder();
        letters.forEach(text::append);
        return text.toString();
    }
}
