#include "engineio/net/limit_hits.hpp"

#include "engineio/net/log.hpp"

#include <utility>

namespace engineio::net {

std::optional<std::uint64_t> Seldom::speaks(TimePoint now) {
    if (spoke_ && now - *spoke_ < limits::limit_log_interval) {
        ++silent_;
        return std::nullopt;
    }
    spoke_ = now;
    return std::exchange(silent_, 0);
}

void LimitHits::log(Seldom::TimePoint now, std::string_view limit, std::string_view who) {
    auto found = lines_.find(limit);
    if (found == lines_.end()) {
        found = lines_.emplace(limit, Seldom()).first;
    }
    if (auto const silent = found->second.speaks(now)) {
        log_warn("limits", "{} met by {}{}", limit, who.empty() ? "a local peer" : who,
                 *silent != 0 ? fmt::format(", {} more since the last line", *silent) : "");
    }
}

}  // namespace engineio::net
