#pragma once

#include "apps/eliza/eliza.hpp"
#include "apps/store/store_thread.hpp"
#include "engineio/guard.hpp"
#include "socketio/task.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace apps::eliza {

namespace detail {

template <class R>
struct AsOutcome {
    using Type = Outcome<R>;
};
template <class T>
struct AsOutcome<Outcome<T>> {
    using Type = Outcome<T>;
};

}  // namespace detail

/// Where the shards hand in what they want of the rules: each request is a job of the store, so it
/// happens wholly or not at all, and is answered when it is safe on the disk. Requests of one shard
/// are done in their order. Owned by the system.
class Desk {
public:
    Desk(store::StoreThread& store, common::Clock clock, common::IdSource ids, Policy policy)
        : store_(store), clock_(std::move(clock)), ids_(std::move(ids)), policy_(policy) {}

    Policy const& policy() const { return policy_; }
    std::int64_t now() const { return clock_(); }
    std::string fresh_id() const { return ids_(); }

    /// `co_await desk.ask([=](Eliza& rules) { return rules.say(…); })`: what the rules say. A store
    /// that fails is a refusal, too: the caller has to tell its client something.
    template <class F>
    auto ask(F work)
        -> socketio::Task<typename detail::AsOutcome<std::invoke_result_t<F&, Eliza&>>::Type> {
        try {
            auto const gave_place = std::make_shared<std::vector<std::string>>();
            // Named, as the reply is: GCC 12 frees such temporaries of a co_await twice.
            auto job = [this, gave_place,
                        work = std::move(work)](store::Database& database) mutable {
                Eliza rules(database, clock_, ids_, policy_);
                auto result = work(rules);
                *gave_place = rules.gave_place();
                if (rules.has_leftovers()) {
                    sweep();
                }
                return result;
            };
            auto told = [this, gave_place](auto const&) {
                for (auto const& channel : *gave_place) {
                    policy_.gave_place(channel);
                }
            };
            auto reply = store_.ask(job, told);
            co_return co_await reply;
        } catch (store::StoreError const& error) {
            engineio::tell_threw("eliza", "the store", error.what());
        }
        co_return Refusal{"The server cannot keep or read this now", "", "", 503};
    }

    /// Before the store runs on its own thread.
    void begin(std::vector<AgentState> const& agents) {
        Eliza(store_.database(), clock_, ids_, policy_).begin(agents);
        sweep();
    }

private:
    // On the store's thread; once more if something was removed after the last piece.
    void sweep() {
        sweep_wanted_ = true;
        if (std::exchange(sweeping_, true)) {
            return;
        }
        auto piece = [this](store::Database& database) {
            sweep_wanted_ = false;
            return Eliza(database, clock_, ids_, policy_).sweep();
        };
        auto ended = [this](bool well) {
            sweeping_ = false;
            if (well && sweep_wanted_) {
                sweep();
            }
        };
        store_.in_pieces("eliza: deleting what was removed", piece, ended);
    }

    store::StoreThread& store_;
    common::Clock clock_;
    common::IdSource ids_;
    Policy policy_;
    bool sweep_wanted_ = false;  // these two: the store's thread
    bool sweeping_ = false;
};

}  // namespace apps::eliza
