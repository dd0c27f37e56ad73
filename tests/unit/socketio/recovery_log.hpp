#pragma once

#include "socketio/recovery.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recovery_test {

using socketio::EncodedPacket;
using socketio::Json;
using socketio::Recovery;
using socketio::RecoveryBudget;
using socketio::Selection;
using namespace std::chrono_literals;

// A log whose packets are told by a name instead of their bytes.
struct Log {
    explicit Log(std::chrono::milliseconds limit = 1'000ms, unsigned shards = 1)
        : Log(Recovery::Bounds{limit}, shards) {}
    explicit Log(Recovery::Bounds bounds, unsigned shards = 1)
        : Log(budget_of({}), "family", bounds, shards) {}
    explicit Log(RecoveryBudget::Bounds all) : Log(budget_of(all), "family") {}
    Log(std::shared_ptr<RecoveryBudget> shared, char const* family,
        Recovery::Bounds bounds = {.max_age = 1s}, unsigned shards = 1)
        : budget(std::move(shared)), recovery(
                                         bounds, shards, budget, family,
                                         [this](std::string_view name) {
                                             hits.emplace_back(name);
                                             return on_a_shard;
                                         },
                                         [this](Recovery::TimePoint due) { dues.push_back(due); }) {
    }

    static std::shared_ptr<RecoveryBudget> budget_of(RecoveryBudget::Bounds all) {
        return std::make_shared<RecoveryBudget>(all);
    }
    // Not delivered anywhere yet.
    Recovery::Logged log(std::string const& name, Selection selection = {}) {
        return recovery.append(
            now, std::move(selection),
            [&](std::string_view offset) {
                offsets[name] = offset;
                return EncodedPacket{false, name, {}};
            },
            [](unsigned) { return true; });
    }
    // Delivered at once, on the only shard.
    std::string append(std::string const& name, Selection selection = {}) {
        recovery.note(log(name, std::move(selection)), 0);
        return offsets[name];
    }
    void save(std::string const& sid, std::vector<std::string> rooms = {}, unsigned shard = 0) {
        recovery.save(now, {sid, "pid of " + sid, std::move(rooms), Json(sid)}, shard, base);
    }
    void revoke(std::string const& sid, unsigned shard = 0) {
        recovery.revoke(now, "pid of " + sid, shard, base);
    }
    // Names of the missed packets, or "none" if the session can't be restored.
    std::string missed(std::string const& sid, std::string const& offset, unsigned shard = 0) {
        auto const found = recovery.find(now, "pid of " + sid, offset);
        auto const resumed = recovery.resume(now, "pid of " + sid, offset, shard);
        CHECK(found.has_value() == resumed.has_value());
        if (!resumed) {
            return "none";
        }
        CHECK(found->sid == sid);
        CHECK(found->data == Json(sid));
        std::string names;
        for (auto const& packet : resumed->packets) {
            names += packet->main + " ";
        }
        base = resumed->position;
        return names;
    }

    std::vector<std::string> hits;  // of bounds, told or refused
    bool on_a_shard = true;
    std::vector<Recovery::TimePoint> dues;  // when forget() is to be called
    std::shared_ptr<RecoveryBudget> budget;
    Recovery recovery;
    Recovery::TimePoint now{};
    std::map<std::string, std::string> offsets;  // of the latest event of each name
    std::uint64_t base = 0;                      // of sockets to be saved
};

}  // namespace recovery_test
