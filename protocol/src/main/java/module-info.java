import org.jspecify.annotations.NullMarked;

/** The language: wire grammar, commands, responses, SASL steps, MIME structure. No sockets, no database. */
@NullMarked
module heddle.protocol {
    requires static transitive org.jspecify;
    requires transitive roaringbitmap;
    requires apache.mime4j.core;
    requires org.jsoup;

    exports heddle.protocol.command;
    exports heddle.protocol.mime;
    exports heddle.protocol.response;
    exports heddle.protocol.sasl;
    exports heddle.protocol.wire;
    exports heddle.protocol;
}
