package heddle.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.MailboxName;
import heddle.protocol.sasl.ScramSha256Keys;
import heddle.storage.StorageException.Reason;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class AccountsTest {
    private static final StorageConfig CONFIG = TestDatabase.create();
    private static final Storage STORAGE = TestDatabase.open(CONFIG);

    @AfterAll
    static void checkAndClose() {
        STORAGE.close();
        Invariants.checkSwept(CONFIG);
    }

    @Test
    void makesAllOrNone() {
        Accounts accounts = STORAGE.accounts();
        accounts.create(List.of(new NewAccount("bea", TestMail.KEYS)));
        assertThatThrownBy(() -> accounts.create(
                        List.of(new NewAccount("carl", TestMail.KEYS), new NewAccount("bea", TestMail.KEYS))))
                .isInstanceOfSatisfying(StorageException.class, refused -> assertThat(refused.reason())
                        .isEqualTo(Reason.ALREADY_EXISTS));
        assertThat(accounts.find("carl")).isEmpty();
    }

    @Test
    void newPasswordMakesANewCredentialVersion() {
        Account before = STORAGE.accounts().find(account("dora")).orElseThrow();
        var keys = ScramSha256Keys.derive("other", new byte[16], 4096);
        STORAGE.accounts().setKeys(before.id(), keys);
        Account after = STORAGE.accounts().find("dora").orElseThrow();
        assertThat(after.keys()).isEqualTo(keys);
        assertThat(after.credentialVersion()).isGreaterThan(before.credentialVersion());
    }

    private static String account(String name) {
        STORAGE.accounts().create(List.of(new NewAccount(name, TestMail.KEYS)));
        return name;
    }

    @Test
    void deleteLeavesNothing() throws Exception {
        AccountId id = TestMail.account(STORAGE);
        TestMail.appendMany(STORAGE, id, MailboxName.INBOX, 3);
        STORAGE.accounts().delete(id);
        assertNothingIsLeft(id);
    }

    /** A delivery that comes in the middle waits for the mailbox, and finds it gone (DESIGN §4 rule 2). */
    @Test
    void deleteLeavesNothingOfAnAppendThatComesInTheMiddle() throws Exception {
        AccountId id = TestMail.account(STORAGE);
        try (var holding = new Sql(CONFIG);
                var watching = new Sql(CONFIG)) {
            holding.begin(); // what the account loses late
            holding.execute("SELECT 1 FROM subscription WHERE account_id = ? FOR UPDATE", id.value());
            Future<Boolean> delete = Race.start(() -> {
                STORAGE.accounts().delete(id);
                return true;
            });
            watching.awaitWaiting(1);
            Future<Long> append = Race.start(() -> TestMail.append(STORAGE, id, TestMail.text(1)));
            watching.await(
                    "(SELECT count(*) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND wait_event_type = 'Lock') = 2"
                            + " OR EXISTS (SELECT FROM message WHERE account_id = ?)",
                    id.value());
            holding.commit();
            Race.result(delete);
            assertThatThrownBy(() -> Race.result(append)).isInstanceOf(StorageException.class);
        }
        assertNothingIsLeft(id);
    }

    private static void assertNothingIsLeft(AccountId id) throws Exception {
        try (var sql = new Sql(CONFIG)) {
            for (String table : List.of("account", "mailbox", "message", "content", "body", "change", "subscription")) {
                assertThat(sql.number("SELECT count(*) FROM " + table + " WHERE account_id = ?", id.value()))
                        .as(table)
                        .isZero();
            }
        }
    }
}
