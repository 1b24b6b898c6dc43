package heddle.server.checker;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a command was answered.
 *
 * @param tagged without its tag
 */
record Answer(String tagged, List<String> untagged) {
    boolean isOk() {
        return tagged.startsWith("OK ");
    }

    /** Whether nobody knows if it was done. */
    boolean isUnavailable() {
        return tagged.startsWith("NO [UNAVAILABLE]");
    }

    /** Whether the message that it was about is gone: the client was told by now, or will be. */
    boolean isExpunged() {
        return tagged.startsWith("NO [NONEXISTENT]") || tagged.startsWith("NO [EXPUNGEISSUED]");
    }

    /** {@return the answers to both commands as if they were one} */
    Answer and(Answer next) {
        var all = new ArrayList<>(untagged);
        all.addAll(next.untagged);
        return new Answer(next.tagged, all);
    }

    /** {@return what the pattern's first match holds, wherever it is} */
    @Nullable
    Matcher find(Pattern pattern) {
        for (String each : untagged) {
            Matcher found = pattern.matcher(each);
            if (found.find()) {
                return found;
            }
        }
        Matcher found = pattern.matcher(tagged);
        return found.find() ? found : null;
    }

    long number(Pattern pattern) {
        Matcher found = find(pattern);
        if (found == null) {
            throw new Contradiction(pattern + " is missing in " + untagged + " " + tagged);
        }
        return Long.parseLong(found.group(1));
    }
}
