package heddle.storage;

/** Names an account inside storage; everything that is stored belongs to one. */
public record AccountId(long value) implements Topic {}
