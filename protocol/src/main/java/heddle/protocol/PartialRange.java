package heddle.protocol;

/**
 * Which of many results are wanted, by their position (RFC 9394 §3.1).
 *
 * @param from 1 is the first; negative: counted from the last, which is -1
 * @param to of the same sign; it may be before {@code from}
 */
public record PartialRange(long from, long to) {
    /** @throws IllegalArgumentException when an end is 0 or the two differ in sign */
    public PartialRange {
        if (from == 0 || to == 0 || (from < 0) != (to < 0)) {
            throw new IllegalArgumentException("no range: " + from + ":" + to);
        }
    }

    /** {@return those of {@code results} that are there} */
    public UidSet of(UidSet results) {
        long shift = from < 0 ? results.size() + 1 : 0;
        long low = Math.max(1, Math.min(from, to) + shift);
        long high = Math.min(results.size(), Math.max(from, to) + shift);
        return low > high ? UidSet.EMPTY : results.between(results.select(low), results.select(high));
    }
}
