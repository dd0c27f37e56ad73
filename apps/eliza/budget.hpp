#pragma once

#include "apps/eliza/model.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace apps::eliza {

/// About how many bytes something takes, in memory and as JSON text: the larger of both.
std::size_t text_weight(std::string_view text);
std::size_t weight_of(socketio::Json const& json);
std::size_t weight_of(Server const& server);
std::size_t weight_of(Channel const& channel);
std::size_t weight_of(Message const& message);

/// What still may go into one answer. Counts of messages and channels do not bound it: a short text
/// can be a JSON value of twenty times its size. Counts other things as well.
class Budget {
public:
    explicit Budget(std::size_t bytes) : left_(bytes) {}

    /// False if that is too much, and then for whatever comes after it.
    bool take(std::size_t bytes) {
        bool const fits = bytes <= left_;
        left_ = fits ? left_ - bytes : 0;
        return fits;
    }
    /// Splits off as much as there is, at most `bytes`; give_back() what is not used of it.
    Budget part(std::size_t bytes) {
        auto const taken = std::min(bytes, left_);
        left_ -= taken;
        return Budget(taken);
    }
    void give_back(Budget rest) { left_ += rest.left_; }

private:
    std::size_t left_;
};

}  // namespace apps::eliza
