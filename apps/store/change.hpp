#pragma once

#include "apps/common/reply.hpp"
#include "apps/common/synchronized.hpp"
#include "apps/store/store_thread.hpp"
#include "socketio/task.hpp"

#include <optional>

namespace apps::store {

/// A request that changes rules which tell the store: `apply(rules)` under their lock gives the
/// answer, which goes out when all that was told meanwhile is on the disk, or at once if it is an
/// error, that is, nothing was changed. Throws StoreUnavailable as require() and Together::kept().
/// On a shard's thread; `store` and `rules` must outlive the request.
template <class Rules, class F>
socketio::Task<common::Reply> change(StoreThread& store, common::Synchronized<Rules>& rules,
                                     F apply) {
    store.require();
    std::optional<common::Later<void>> kept;
    auto reply = rules.with([&](Rules& now) {
        StoreThread::Together parts(store);
        common::Reply made = apply(now);
        if (!made.error()) {
            kept = parts.kept();
        }
        return made;
    });
    if (kept) {
        auto& later = *kept;  // named for GCC 12
        co_await later;
    }
    co_return reply;
}

}  // namespace apps::store
