import org.jspecify.annotations.NullMarked;

/** The language: wire grammar, commands, responses, SASL steps, MIME structure. No sockets, no database. */
@NullMarked
module heddle.protocol {
    requires static transitive org.jspecify;
    requires transitive roaringbitmap;

    exports heddle.protocol;
    exports heddle.protocol.command;
    exports heddle.protocol.response;
    exports heddle.protocol.sasl;
    exports heddle.protocol.wire;
}
