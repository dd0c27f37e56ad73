#pragma once

#include "apps/common/unavailable.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace apps::store {

/// Why the database refused: in words for the log, never for clients.
struct StoreError : std::runtime_error {
    enum class Kind {
        busy,        ///< another process holds the file
        full,        ///< the disk or the allowed size is used up
        conflict,    ///< a uniqueness, foreign key or check rule of a table
        unusable,    ///< cannot be opened, written or is no database
        overloaded,  ///< more than StoreThread::max_waiting jobs
        closed,      ///< the store was stopped
        other,       ///< a mistake in the SQL or the program
    };
    StoreError(Kind kind, std::string const& what) : std::runtime_error(what), kind(kind) {}
    Kind kind;
};

/// A StoreError for which the storage is to blame, not the statement or the job: all kinds but
/// conflict and other.
struct StoreUnavailable final : StoreError, common::Unavailable {
    using StoreError::StoreError;
};

/// One prepared statement in use. Bind in order of the question marks, then step. Belongs to the
/// Database that made it and must go before the next use of the same SQL.
class Query {
public:
    Query(sqlite3* connection, sqlite3_stmt* statement);
    ~Query();
    Query(Query const&) = delete;
    Query& operator=(Query const&) = delete;

    template <class... T>
    Query& bind(T const&... values) {
        (bind_next(values), ...);
        return *this;
    }

    /// The next row; false at the end. Throws StoreError.
    bool step();
    /// For statements without rows.
    void run();

    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const;
    std::optional<std::string> optional_text(int column) const;  ///< nothing for NULL
    bool flag(int column) const { return integer(column) != 0; }

private:
    void bind_next(std::int64_t value);
    void bind_next(int value) { bind_next(std::int64_t{value}); }
    void bind_next(bool value) { bind_next(std::int64_t{value}); }
    void bind_next(double value);
    void bind_next(std::string_view value);
    void bind_next(std::string const& value) { bind_next(std::string_view(value)); }
    void bind_next(char const* value) { bind_next(std::string_view(value)); }
    void bind_next(std::nullopt_t);
    template <class T>
    void bind_next(std::optional<T> const& value) {
        if (value) {
            bind_next(*value);
        } else {
            bind_next(std::nullopt);
        }
    }

    sqlite3* connection_;
    sqlite3_stmt* statement_;
    int bound_ = 0;
};

/// One SQLite connection. Used by one thread at a time (StoreThread's, or a test's). Prepared
/// statements are kept, so SQL texts should be constants.
class Database {
public:
    static constexpr std::chrono::milliseconds default_patience{5000};

    /// Opens or makes the file in WAL mode with foreign keys on; ":memory:" for one without file.
    /// Statements wait for another process that has the file, for `patience` at most. Throws
    /// StoreError naming the path.
    explicit Database(std::string const& path,
                      std::chrono::milliseconds patience = default_patience);
    ~Database();
    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;

    Query query(std::string_view sql);
    /// A statement without rows, at once.
    template <class... T>
    void run(std::string_view sql, T const&... values) {
        query(sql).bind(values...).run();
    }
    /// Several statements separated by semicolons.
    void script(std::string const& sql);

    /// What the statements have taken so far: how often they ran, and steps of SQLite's machine.
    /// For tests that bound the cost of something.
    struct Effort {
        std::uint64_t runs = 0;
        std::uint64_t steps = 0;
    };
    Effort effort() const;

    /// Rows changed by the last statement.
    int changes() const;

    /// Any thread: from now on another process is not waited for, nor any longer where it is.
    void hurry() { hurried_ = true; }

    bool in_transaction() const;
    /// Ends the transaction, if one is open (some errors have ended it already), without effect.
    void rollback() noexcept;

private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };

    static int wait_for_other(void* database, int times) noexcept;

    std::chrono::milliseconds const patience_;
    std::atomic<bool> hurried_ = false;
    std::chrono::steady_clock::time_point wait_until_;
    std::unique_ptr<sqlite3, Close> connection_;
    std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

}  // namespace apps::store
