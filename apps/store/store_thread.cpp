#include "apps/store/store_thread.hpp"

#include "apps/store/read_count.hpp"
#include "engineio/net/clock.hpp"
#include "engineio/net/log.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <variant>

namespace apps::store {

namespace net = engineio::net;

namespace {

// What the jobs of one transaction read, but for the last: their results wait for its commit.
constexpr std::uint64_t max_read = 4 * 1024 * 1024;

std::string text_of(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (std::exception const& exception) {
        return exception.what();
    } catch (...) {
        return "failed";
    }
}

StoreError::Kind error_kind(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (StoreError const& exception) {
        return exception.kind;
    } catch (...) {
        return StoreError::Kind::unusable;  // no memory
    }
}

// The storage is to blame, or the want of memory, and not the job.
bool may_succeed_later(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (common::Unavailable const&) {
        return true;
    } catch (std::bad_alloc const&) {
        return true;
    } catch (...) {
        return false;
    }
}

bool is_told(StoreJobPtr const& job) {
    return job->kind == StoreJob::Kind::tell;
}

// The error of one job; the others of its transaction go on. If the error has ended the whole
// transaction, or something told has to be tried again, it is thrown to the caller.
std::exception_ptr run_guarded(Database& database, StoreJob& job) {
    database.run("SAVEPOINT job");
    std::exception_ptr error;
    try {
        job.run(database);
    } catch (...) {
        error = std::current_exception();
    }
    if (error) {
        bool const again = job.kind == StoreJob::Kind::tell && may_succeed_later(error);
        if (again || !database.in_transaction()) {
            std::rethrow_exception(error);
        }
        database.run("ROLLBACK TO job");
        if (may_succeed_later(error)) {
            net::log_error("store", "a job: {}", text_of(error));
        }
    }
    database.run("RELEASE job");
    return error;
}

// Adds the errors of as many jobs as shared the transaction.
void run_transaction(Database& database, std::span<StoreJobPtr const> jobs,
                     std::vector<std::exception_ptr>& errors) {
    bool const needed =
        std::any_of(jobs.begin(), jobs.end(), [](auto const& job) { return job->uses_database(); });
    auto const most = bytes_read() + max_read;
    if (needed) {
        database.run("BEGIN IMMEDIATE");
    }
    while (errors.size() < jobs.size() && bytes_read() < most) {
        auto& job = *jobs[errors.size()];
        errors.push_back(job.uses_database() ? run_guarded(database, job) : nullptr);
    }
    if (needed) {
        database.run("COMMIT");
    }
}

}  // namespace

StoreThread::StoreThread(std::string const& path, Waits waits)
    : database_(path, waits.patience), retry_pause_(waits.retry_pause) {}

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

// --- any thread --------------------------------------------------------------------------------

// Under the lock: why no such job is taken, if so. What was told is not refused for want of room.
std::exception_ptr StoreThread::refusal(Kind kind) const {
    if (stopping_) {
        return std::make_exception_ptr(
            StoreUnavailable(StoreError::Kind::closed, "the database is closed"));
    }
    if (kind == Kind::kept && outage_) {
        return not_kept();
    }
    if ((kind == Kind::kept || kind == Kind::ask) && jobs_.size() >= max_waiting) {
        return std::make_exception_ptr(
            StoreUnavailable(StoreError::Kind::overloaded, "the database is overloaded"));
    }
    return nullptr;
}

// Each gets its own: no two threads share an exception.
std::exception_ptr StoreThread::not_kept() const {
    return std::make_exception_ptr(StoreUnavailable(outage_->kind, outage_->reason));
}

void StoreThread::push(StoreJobPtr job) {
    if (auto* const change = Together::current_;
        change != nullptr && &change->store_ == this && job->waits_for_storage()) {
        change->jobs_.push_back(std::move(job));
        return;
    }
    std::exception_ptr error;
    {
        std::lock_guard const lock(mutex_);
        error = refusal(job->kind);
        if (!error) {
            jobs_.push_back(std::move(job));
            if (jobs_.size() == 1) {
                added_.notify_one();
            }
            return;
        }
    }
    job->finish(error);
}

thread_local StoreThread::Together* StoreThread::Together::current_ = nullptr;

StoreThread::Together::~Together() {
    current_ = outer_;
    if (!jobs_.empty() || done_) {
        bool const told = std::any_of(jobs_.begin(), jobs_.end(), is_told);
        store_.push(std::make_unique<detail::JointJob>(told ? Kind::tell : Kind::after,
                                                       std::move(jobs_), std::move(done_)));
    }
}

common::Later<void> StoreThread::Together::kept() {
    common::Later<void> later;
    done_ = [resolve = later.resolver()](std::exception_ptr error) {
        resolve({std::monostate(), std::move(error)});
    };
    return later;
}

bool StoreThread::accepts() const {
    std::lock_guard const lock(mutex_);
    return refusal(Kind::kept) == nullptr;
}

void StoreThread::require() const {
    std::unique_lock lock(mutex_);
    if (auto const error = refusal(Kind::kept)) {
        lock.unlock();
        std::rethrow_exception(error);
    }
}

// --- the database's thread ---------------------------------------------------------------------

void StoreThread::work() {
    for (bool last = false; !last;) {
        Jobs jobs;
        last = take(jobs);
        run(kept_.empty() ? std::move(jobs) : set_aside(jobs));
        if (!kept_.empty() && (last || Clock::now() >= next_try_)) {
            retry();
        }
    }
    if (!kept_.empty()) {
        report_lost();
    }
}

// Waits for jobs, or for the time to try again. True: these are the last.
bool StoreThread::take(Jobs& jobs) {
    std::unique_lock lock(mutex_);
    auto const ready = [this] { return stopping_ || !jobs_.empty(); };
    if (kept_.empty()) {
        added_.wait(lock, ready);
    } else {
        added_.wait_until(lock, next_try_, ready);
    }
    jobs.swap(jobs_);
    return stopping_;
}

void StoreThread::run(Jobs jobs) {
    for (std::span rest(jobs); !rest.empty();) {
        auto const batch = rest.first(std::min(rest.size(), max_batch));
        auto const done = run_some(batch, batch.size() == rest.size());
        if (done == 0) {
            for (auto const& asked : set_aside(rest)) {
                asked->finish(not_kept());
            }
            return;
        }
        rest = rest.subspan(done);
    }
}

// Results count only after the commit: nobody may hear of what a full disk takes back. Who read
// much is told before others begin. Returns how many are done; none if what was told has to wait.
std::size_t StoreThread::run_some(std::span<StoreJobPtr> jobs, bool last) {
    std::vector<std::exception_ptr> errors;
    try {
        run_transaction(database_, jobs, errors);
        // Before anybody hears of it, and goes on.
        if (last && errors.size() == jobs.size()) {
            end_outage();
        }
    } catch (...) {
        auto const error = std::current_exception();
        database_.rollback();
        bool const told = std::any_of(jobs.begin(), jobs.end(), is_told);
        if (told && may_succeed_later(error)) {
            begin_outage(error);
            return 0;
        }
        report("transaction", error);
        errors.resize(jobs.size());
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            // What needs no transaction does not fail with it: all before it is on the disk.
            errors[i] = errors[i] || !jobs[i]->uses_database() ? errors[i] : error;
        }
    }
    for (std::size_t i = 0; i < errors.size(); ++i) {
        jobs[i]->finish(errors[i]);
        jobs[i].reset();  // what it holds goes here, not after the others
    }
    return errors.size();
}

// During an outage what was told waits, in order, and who wants to see it kept is told that it is
// not. Returns what is left: what was asked.
StoreThread::Jobs StoreThread::set_aside(std::span<StoreJobPtr> jobs) {
    Jobs asked;
    for (auto& job : jobs) {
        if (job->waits_for_storage()) {
            job->held(not_kept());
            kept_.push_back(std::move(job));
        } else if (job->kind == Kind::kept) {
            job->finish(not_kept());
        } else {
            asked.push_back(std::move(job));
        }
    }
    return asked;
}

void StoreThread::begin_outage(std::exception_ptr const& error) {
    auto const now = Clock::now();
    next_try_ = engineio::net::later(now, retry_pause_);
    if (!outage_ || now >= next_report_) {
        next_report_ = now + outage_log_interval;
        report("transaction (tried again, new changes are refused meanwhile)", error);
    }
    std::lock_guard const lock(mutex_);
    outage_ = {error_kind(error), text_of(error)};
}

void StoreThread::retry() {
    run(std::exchange(kept_, {}));
    end_outage();
}

void StoreThread::end_outage() {
    if (kept_.empty() && outage_) {
        {
            std::lock_guard const lock(mutex_);
            outage_.reset();
        }
        net::log_warn("store", "the database is written again, also what had to wait");
    }
}

void StoreThread::report_lost() const {
    auto const changes = std::count_if(kept_.begin(), kept_.end(), is_told);
    net::log_error("store",
                   "{} changes that nobody was told are done could not be written and "
                   "are lost: {}",
                   changes, outage_->reason);
}

void StoreThread::report(char const* what, std::exception_ptr const& error) {
    net::log_error("store", "{}: {}", what, text_of(error));
}

void StoreThread::report_unless_closed(char const* what, std::exception_ptr const& error) {
    if (error && error_kind(error) != StoreError::Kind::closed) {
        report(what, error);
    }
}

}  // namespace apps::store
