#include "apps/store/database.hpp"

#include "apps/store/read_count.hpp"
#include "engineio/net/clock.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <sqlite3.h>
#include <thread>

namespace apps::store {

namespace {

StoreError::Kind kind_of(int code) {
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return StoreError::Kind::busy;
    case SQLITE_FULL:
        return StoreError::Kind::full;
    case SQLITE_CONSTRAINT:
        return StoreError::Kind::conflict;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return StoreError::Kind::unusable;
    default:
        return StoreError::Kind::other;
    }
}

// What an operator can do about it.
std::string_view advice(StoreError::Kind kind) {
    switch (kind) {
    case StoreError::Kind::busy:
        return " (another process uses the file)";
    case StoreError::Kind::full:
        return " (free some space on the disk)";
    default:
        return "";
    }
}

[[noreturn]] void fail(sqlite3* connection, int code, std::string const& what) {
    auto const kind = kind_of(code);
    std::string const reason =
        connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
    auto const text = what + ": " + reason + std::string(advice(kind));
    if (kind == StoreError::Kind::conflict || kind == StoreError::Kind::other) {
        throw StoreError(kind, text);
    }
    throw StoreUnavailable(kind, text);
}

}  // namespace

std::uint64_t& bytes_read() {
    thread_local std::uint64_t bytes = 0;
    return bytes;
}

Query::Query(sqlite3* connection, sqlite3_stmt* statement)
    : connection_(connection), statement_(statement) {}

Query::~Query() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

bool Query::step() {
    auto const code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code != SQLITE_DONE) {
        fail(connection_, code, "database");
    }
    return false;
}

void Query::run() {
    while (step()) {
    }
}

std::int64_t Query::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double Query::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

std::string Query::text(int column) const {
    auto const* bytes = static_cast<char const*>(sqlite3_column_blob(statement_, column));
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    bytes_read() += size;
    return bytes == nullptr ? std::string() : std::string(bytes, size);
}

std::optional<std::string> Query::optional_text(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL ? std::nullopt
                                                                  : std::optional(text(column));
}

void Query::bind_next(std::int64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, value);
}

void Query::bind_next(double value) {
    sqlite3_bind_double(statement_, ++bound_, value);
}

// Copied, because temporaries are bound.
void Query::bind_next(std::string_view value) {
    sqlite3_bind_text64(statement_, ++bound_, value.data() == nullptr ? "" : value.data(),
                        value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Query::bind_next(std::nullopt_t) {
    sqlite3_bind_null(statement_, ++bound_);
}

void Database::Close::operator()(sqlite3* connection) const {
    sqlite3_close_v2(connection);
}

void Database::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Database::Database(std::string const& path, std::chrono::milliseconds patience)
    : patience_(patience) {
    sqlite3* opened = nullptr;
    auto const code =
        sqlite3_open_v2(path.c_str(), &opened,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    connection_.reset(opened);
    if (code != SQLITE_OK) {
        fail(opened, code, "cannot open the database " + path);
    }
    sqlite3_busy_handler(opened, wait_for_other, this);
    try {
        // NORMAL: a commit survives the end of the process; only a power cut may lose the last.
        // A WAL that has grown with one large transaction shrinks to 16 MiB after the next.
        script("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
               "PRAGMA journal_size_limit = 16777216; PRAGMA foreign_keys = ON;");
    } catch (StoreError const& error) {
        throw StoreError(error.kind, "cannot use the database " + path + ": " + error.what());
    }
}

Database::~Database() = default;

// As sqlite3_busy_timeout, which cannot be cut short from another thread. Zero: no longer.
int Database::wait_for_other(void* database, int times) noexcept {
    using namespace std::chrono_literals;
    constexpr std::array pauses{1ms, 2ms, 5ms, 10ms, 25ms, 50ms};
    auto& self = *static_cast<Database*>(database);
    auto const now = std::chrono::steady_clock::now();
    if (times == 0) {
        self.wait_until_ = engineio::net::later(now, self.patience_);
    }
    if (self.hurried_ || now >= self.wait_until_) {
        return 0;
    }
    auto const pause = std::min(static_cast<std::size_t>(times), pauses.size() - 1);
    std::this_thread::sleep_for(pauses[pause]);
    return 1;
}

Query Database::query(std::string_view sql) {
    auto& statement = statements_[std::string(sql)];
    if (!statement) {
        sqlite3_stmt* prepared = nullptr;
        auto const code =
            sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                               SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
        statement.reset(prepared);
        if (code != SQLITE_OK) {
            statements_.erase(std::string(sql));
            fail(connection_.get(), code, "database: " + std::string(sql));
        }
    }
    return {connection_.get(), statement.get()};
}

void Database::script(std::string const& sql) {
    auto const code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        fail(connection_.get(), code, "database");
    }
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(connection_.get()) == 0;
}

void Database::rollback() noexcept {
    if (in_transaction()) {
        sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

Database::Effort Database::effort() const {
    Effort sum;
    auto const add = [](std::uint64_t& total, sqlite3_stmt* statement, int counter) {
        total += static_cast<std::uint64_t>(sqlite3_stmt_status(statement, counter, 0));
    };
    for (auto const& [sql, statement] : statements_) {
        add(sum.runs, statement.get(), SQLITE_STMTSTATUS_RUN);
        add(sum.steps, statement.get(), SQLITE_STMTSTATUS_VM_STEP);
    }
    return sum;
}

int Database::changes() const {
    return sqlite3_changes(connection_.get());
}

}  // namespace apps::store
