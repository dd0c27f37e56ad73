#include "apps/store/store_thread.hpp"

#include "apps/store/read_count.hpp"
#include "engineio/net/log.hpp"

#include <algorithm>
#include <iterator>
#include <span>

namespace apps::store {

namespace {

using Kind = StoreError::Kind;

// What the jobs of one transaction read, but for the last: their results wait for its commit.
constexpr std::uint64_t max_read = 4 * 1024 * 1024;

// The error of one job; the others of its transaction go on. If the error has ended the whole
// transaction, it is thrown to the caller.
std::exception_ptr run_guarded(Database& database, StoreJob& job) {
    database.run("SAVEPOINT job");
    std::exception_ptr error;
    try {
        job.run(database);
    } catch (...) {
        error = std::current_exception();
    }
    if (error && !database.in_transaction()) {
        std::rethrow_exception(error);
    }
    if (error) {
        database.run("ROLLBACK TO job");
    }
    database.run("RELEASE job");
    return error;
}

// Adds the errors of as many jobs as shared the transaction.
void run_transaction(Database& database, std::span<std::unique_ptr<StoreJob> const> jobs,
                     std::vector<std::exception_ptr>& errors) {
    auto const most = bytes_read() + max_read;
    database.run("BEGIN IMMEDIATE");
    while (errors.size() < jobs.size() && bytes_read() < most) {
        errors.push_back(run_guarded(database, *jobs[errors.size()]));
    }
    database.run("COMMIT");
}

}  // namespace

StoreThread::StoreThread(std::string const& path) : database_(path) {}

StoreThread::~StoreThread() {
    stop();
}

void StoreThread::start() {
    thread_ = std::thread([this] { work(); });
}

void StoreThread::stop() {
    {
        std::lock_guard const lock(mutex_);
        stopping_ = true;
    }
    added_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void StoreThread::push(std::unique_ptr<StoreJob> job) {
    auto kind = Kind::closed;
    {
        std::lock_guard const lock(mutex_);
        if (!stopping_ && jobs_.size() < max_waiting) {
            jobs_.push_back(std::move(job));
            if (jobs_.size() == 1) {
                added_.notify_one();
            }
            return;
        }
        kind = stopping_ ? Kind::closed : Kind::overloaded;
    }
    job->finish(std::make_exception_ptr(StoreError(
        kind, kind == Kind::closed ? "the database is closed" : "the database is overloaded")));
}

void StoreThread::work() {
    while (true) {
        Jobs batch;
        {
            std::unique_lock lock(mutex_);
            added_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (jobs_.empty()) {
                return;
            }
            batch.swap(jobs_);
        }
        for (auto first = batch.begin(); first != batch.end();) {
            auto const count = std::min<std::ptrdiff_t>(max_batch, batch.end() - first);
            Jobs part(std::make_move_iterator(first), std::make_move_iterator(first + count));
            first += count;
            run_batch(part);
        }
    }
}

// Results count only after the commit: nobody may hear of what a full disk takes back. Who read
// much is told before others begin.
void StoreThread::run_batch(Jobs& jobs) {
    for (std::span rest(jobs); !rest.empty();) {
        std::vector<std::exception_ptr> errors;
        try {
            run_transaction(database_, rest, errors);
        } catch (...) {
            database_.rollback();
            report("transaction", std::current_exception());
            errors.resize(rest.size());
            std::replace(errors.begin(), errors.end(), std::exception_ptr(),
                         std::current_exception());
        }
        for (std::size_t i = 0; i < errors.size(); ++i) {
            rest[i]->finish(errors[i]);
            rest[i].reset();  // what it holds goes here, not after the others
        }
        rest = rest.subspan(errors.size());
    }
}

void StoreThread::report(char const* what, std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& exception) {
        engineio::net::log_error("store", "{}: {}", what, exception.what());
    } catch (...) {
        engineio::net::log_error("store", "{}: failed", what);
    }
}

}  // namespace apps::store
