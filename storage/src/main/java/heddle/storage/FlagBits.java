package heddle.storage;

import heddle.protocol.Flag;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Flags as rows hold them: bits for the standard ones, numbers for keywords. */
final class FlagBits {
    private FlagBits() {}

    /** {@return the bits of the standard flags among these} */
    static int of(Collection<Flag> flags) {
        int bits = 0;
        for (Flag flag : flags) {
            if (flag instanceof Flag.Standard standard) {
                bits |= standard.bit();
            }
        }
        return bits;
    }

    /** {@return the keywords among these} */
    static List<Flag.Keyword> keywords(Collection<Flag> flags) {
        var keywords = new ArrayList<Flag.Keyword>();
        for (Flag flag : flags) {
            if (flag instanceof Flag.Keyword keyword) {
                keywords.add(keyword);
            }
        }
        return keywords;
    }
}
