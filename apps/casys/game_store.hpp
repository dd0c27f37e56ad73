#pragma once

#include "apps/casys/casys.hpp"
#include "apps/store/store_thread.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace apps::casys {

/// Games in the process's database, and word of when they are. Made before the store starts, loads
/// once; then any thread that has the rules' lock.
class SqliteGameStore final : public GameStore {
public:
    static constexpr int max_feedback = 1000;  ///< the oldest goes

    /// The tables must be there. `store` outlives this.
    explicit SqliteGameStore(store::StoreThread& store) : store_(store) {}

    /// Whom to tell of each change when it is on the disk, in their order and on the database's
    /// thread: the game as it is there, or its id and null if it is gone. Before the store starts.
    using Watcher = std::function<void(std::string const& game_id, Game const* game)>;
    void watch(Watcher watcher) { watcher_ = std::move(watcher); }

    /// Whether changes can be kept, and what happens when they are.
    store::StoreThread& thread() const { return store_; }

    /// Only before the store starts. A row that can't be read is left out.
    std::vector<Game> load() override;
    void save(Game const& game) override;
    void require() const override { store_.require(); }
    void remove(std::string const& game_id) override;
    void feedback(std::string const& text, std::int64_t time) override;

private:
    store::StoreThread& store_;
    Watcher watcher_ = [](auto const&, auto const*) {};
};

}  // namespace apps::casys
