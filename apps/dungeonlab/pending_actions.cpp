#include "apps/dungeonlab/pending_actions.hpp"

#include <utility>

namespace apps::dungeonlab {

bool PendingActions::add(std::string const& session, std::string const& request, Resolve resolve) {
    auto& requests = sessions_[session];
    return requests.size() < max_pending &&
           requests.try_emplace(request, std::move(resolve)).second;
}

std::optional<PendingActions::Resolve> PendingActions::take(std::string const& session,
                                                            std::string const& request) {
    auto const found = sessions_.find(session);
    if (found == sessions_.end()) {
        return std::nullopt;
    }
    auto node = found->second.extract(request);
    if (found->second.empty()) {
        sessions_.erase(found);
    }
    return node.empty() ? std::nullopt : std::optional(std::move(node.mapped()));
}

}  // namespace apps::dungeonlab
