package heddle.server.checker;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Sets of numbers as IMAP writes them. */
final class Uids {
    private Uids() {}

    /** {@return the numbers of a set such as {@code 1,3:5}, ascending} */
    static Set<Long> parse(String set) {
        var numbers = new TreeSet<Long>();
        for (String range : set.split(",", -1)) {
            String[] ends = range.split(":", -1);
            for (long number = Long.parseLong(ends[0]); number <= Long.parseLong(ends[ends.length - 1]); number++) {
                numbers.add(number);
            }
        }
        return numbers;
    }

    static String text(Collection<Long> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
