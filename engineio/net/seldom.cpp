#include "engineio/net/seldom.hpp"

#include "engineio/net/log.hpp"

#include <utility>

namespace engineio::net {

namespace {

std::string left_out(std::uint64_t silent) {
    return silent != 0 ? fmt::format(", {} more since the last line", silent) : "";
}

}  // namespace

bool Seldom::rested(TimePoint now) const {
    return !spoke_ || now - *spoke_ >= limits::limit_log_interval;
}

std::optional<std::uint64_t> Seldom::speaks(TimePoint now) {
    if (!rested(now)) {
        ++silent_;
        return std::nullopt;
    }
    spoke_ = now;
    return std::exchange(silent_, 0);
}

std::optional<std::uint64_t> SeldomNames::speaks(std::string_view name, Seldom::TimePoint now) {
    if (auto const found = names_.find(name); found != names_.end()) {
        return found->second.speaks(now);
    }
    if (names_.size() >= limits::max_seldom_names) {
        std::erase_if(names_, [now](auto const& one) { return one.second.rested(now); });
    }
    if (names_.size() >= limits::max_seldom_names) {
        return others_.speaks(now);
    }
    return names_[std::string(name)].speaks(now);
}

void LimitHits::log(Seldom::TimePoint now, std::string_view limit, std::string_view who) {
    if (auto const silent = lines_.speaks(limit, now)) {
        log_warn("limits", "{} met by {}{}", limit, who.empty() ? "a local peer" : who,
                 left_out(*silent));
    }
}

void HandlerErrors::log(Seldom::TimePoint now, std::string_view category, std::string_view what,
                        std::string_view error) {
    auto const name = what.substr(0, limits::max_logged_name_bytes);
    if (auto const silent = lines_.speaks(name, now)) {
        log_error(category, "the function for \"{}\" threw{}{}{}", name, error.empty() ? "" : ": ",
                  error.substr(0, limits::max_logged_error_bytes), left_out(*silent));
    }
}

}  // namespace engineio::net
