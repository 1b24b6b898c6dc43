import org.jspecify.annotations.NullMarked;

/** The memory: PostgreSQL and nothing else. Knows no socket and no IMAP syntax. */
@NullMarked
module heddle.storage {
    requires static transitive org.jspecify;
    requires transitive heddle.protocol;
    requires java.sql;
    requires com.zaxxer.hikari;
    requires org.postgresql.jdbc;
    requires static org.checkerframework.checker.qual;
    requires flyway.core;
    requires com.github.benmanes.caffeine;
    requires com.github.luben.zstd_jni;
    requires embedded.postgres;
    requires transitive micrometer.core;

    exports heddle.storage;
    exports heddle.storage.embedded;
    exports heddle.storage.sql to
            org.postgresql.jdbc; // which makes its sockets by our factory
}
