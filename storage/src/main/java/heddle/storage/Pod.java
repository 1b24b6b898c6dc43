package heddle.storage;

import java.time.Instant;

/**
 * A server that lives: others have seen it within the last seconds.
 *
 * @param id of one run of the program
 * @param started by the database's clock, as {@code seen} is
 * @param seen when it last said that it lives
 */
public record Pod(long id, Program program, Instant started, Instant seen, Load load) {
    /**
     * What runs there.
     *
     * @param name what its operator calls it, its host mostly; more than one may have it
     * @param schemaVersion the newest version of the tables that it knows
     */
    public record Program(String name, String version, int schemaVersion) {}

    /**
     * How much it has to do.
     *
     * @param sessions that have logged in
     * @param isDraining whether it stops, and sends its clients away
     */
    public record Load(int sessions, boolean isDraining) {}
}
