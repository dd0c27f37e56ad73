#pragma once

#include "apps/common/synchronized.hpp"
#include "engineio/net/keyed_hash.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace apps::eliza {

/// Which channels somebody is connected to, for the rules on the store's thread, which know no
/// socket. Any thread.
class Presence {
    using Counts = common::Synchronized<
        std::unordered_map<std::string, std::size_t, engineio::net::KeyedHash>>;

public:
    /// Somebody is there as long as one of these lives; it may outlive the Presence.
    class Stay {
    public:
        Stay(std::shared_ptr<Counts> counts, std::string channel)
            : counts_(std::move(counts)), channel_(std::move(channel)) {
            counts_->with([this](auto& counts) { ++counts[channel_]; });
        }
        ~Stay() {
            counts_->with([this](auto& counts) {
                auto const found = counts.find(channel_);
                if (--found->second == 0) {
                    counts.erase(found);
                }
            });
        }
        Stay(Stay const&) = delete;
        Stay& operator=(Stay const&) = delete;

        std::string const& channel() const { return channel_; }

    private:
        std::shared_ptr<Counts> counts_;
        std::string channel_;
    };
    using StayPtr = std::shared_ptr<Stay>;

    StayPtr stay(std::string channel) {
        return std::make_shared<Stay>(counts_, std::move(channel));
    }
    bool has(std::string const& channel) const {
        return counts_->with([&](auto const& counts) { return counts.count(channel) != 0; });
    }

private:
    std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace apps::eliza
