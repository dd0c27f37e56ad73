#pragma once

#include "apps/common/later.hpp"
#include "apps/store/database.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace apps::store {

/// One piece of work for the database's thread. Only StoreThread makes and runs them.
class StoreJob {
public:
    enum class Kind : std::uint8_t {
        ask,    ///< somebody waits for its outcome: fails with its transaction
        tell,   ///< tried until it is on the disk
        after,  ///< no work: ends when what was told before it is on the disk, however late
        kept,   ///< the same, but fails when that has to wait
    };

    explicit StoreJob(Kind kind) : kind(kind) {}
    virtual ~StoreJob() = default;
    StoreJob(StoreJob const&) = delete;
    StoreJob& operator=(StoreJob const&) = delete;

    /// Once more if its transaction failed.
    virtual void run(Database& database) = 0;
    /// After the commit, or with the reason why there was none. Exactly once.
    virtual void finish(std::exception_ptr error) = 0;
    /// It has to wait for the storage, because of `error`. Each time a try has failed.
    virtual void held(std::exception_ptr const& /*error*/) {}

    bool uses_database() const { return kind == Kind::ask || kind == Kind::tell; }
    bool waits_for_storage() const { return kind == Kind::tell || kind == Kind::after; }

    Kind const kind;
};
using StoreJobPtr = std::unique_ptr<StoreJob>;

namespace detail {

/// Runs `work` and hands its outcome to `done`, that once, on the database's thread.
template <class R, class F, class Done>
class TypedJob final : public StoreJob {
public:
    TypedJob(Kind kind, F work, Done done)
        : StoreJob(kind), work_(std::move(work)), done_(std::move(done)) {}

    void run(Database& database) override {
        if constexpr (std::is_void_v<R>) {
            work_(database);
            outcome_.value.emplace();
        } else {
            outcome_.value.emplace(work_(database));
        }
    }
    void finish(std::exception_ptr error) override {
        outcome_.error = std::move(error);
        done_(std::move(outcome_));
    }

private:
    F work_;
    Done done_;
    common::Outcome<R> outcome_;
};

/// Several as one, in their order: all of them happen, or none. `done` hears of it, or that it has
/// to wait, whatever is first; it may be empty.
class JointJob final : public StoreJob {
public:
    using Done = std::function<void(std::exception_ptr)>;

    JointJob(Kind kind, std::vector<StoreJobPtr> jobs, Done done)
        : StoreJob(kind), jobs_(std::move(jobs)), done_(std::move(done)) {}

    void run(Database& database) override {
        for (auto const& job : jobs_) {
            job->run(database);
        }
    }
    void finish(std::exception_ptr error) override {
        for (auto const& job : jobs_) {
            job->finish(error);
        }
        held(error);
    }
    void held(std::exception_ptr const& error) override {
        if (auto const done = std::exchange(done_, nullptr)) {
            done(error);
        }
    }

private:
    std::vector<StoreJobPtr> jobs_;
    Done done_;
};

}  // namespace detail

}  // namespace apps::store
