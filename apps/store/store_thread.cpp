#include "apps/store/store_thread.hpp"

#include "engineio/net/log.hpp"

#include <algorithm>
#include <iterator>

namespace apps::store {

namespace {

using Kind = StoreError::Kind;

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

// Results count only after the commit: nobody may hear of what a full disk takes back.
void StoreThread::run_batch(Jobs& jobs) {
    std::vector<std::exception_ptr> errors(jobs.size());
    try {
        database_.run("BEGIN IMMEDIATE");
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            errors[i] = run_guarded(database_, *jobs[i]);
        }
        database_.run("COMMIT");
    } catch (...) {
        database_.rollback();
        report("transaction", std::current_exception());
        std::replace(errors.begin(), errors.end(), std::exception_ptr(), std::current_exception());
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        jobs[i]->finish(errors[i]);
        jobs[i].reset();  // what it holds goes here, not after the others
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
